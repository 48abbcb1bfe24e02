"""What a person meets who builds it: what is missing or failed is named, and the file that is made needs little elsewhere."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import PATIENCE, ROOT

BINARY = os.path.join(ROOT, "build", "release", "tidepool")
OUTER = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "T", "KIND")  # of the make that runs us


class Case(unittest.TestCase):
    def setUp(self):
        self.temp = tempfile.mkdtemp(prefix="tidepool-test-")
        self.addCleanup(shutil.rmtree, self.temp)
        self.bin = os.path.join(self.temp, "bin")
        os.mkdir(self.bin)

    def program(self, name, *lines):
        """One that does as we say, in place of the true one."""
        path = os.path.join(self.bin, name)
        with open(path, "w") as f:
            f.write("\n".join(("#!/bin/sh",) + lines) + "\n")
        os.chmod(path, 0o755)

    def run_in(self, folder, *command, path=None):
        env = {k: v for k, v in os.environ.items() if k not in OUTER}
        env["PATH"] = path or self.bin + ":" + env["PATH"]
        r = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=10 * PATIENCE)
        return r.returncode, r.stdout + r.stderr


class Building(Case):
    def make(self, *args):
        return self.run_in(ROOT, "make", "BUILD=" + os.path.join(self.temp, "build"), *args)

    def test_plain_make_without_a_compiler_or_a_header_says_what_to_install(self):
        for cc in ("no-such-compiler", "cc -nostdinc"):
            status, said = self.make("CC=" + cc)
            self.assertNotEqual(status, 0)
            self.assertRegex(said, r"install a C compiler and the libraries: +make deps")
            self.assertRegex(said, r"apt-get install gcc make pkg-config libuv1-dev .*llhttp")
            self.assertNotIn("cc    ", said)  # nothing was compiled before

    def test_compiling_and_linking_are_said(self):
        said = self.make("-n")[1]
        self.assertIn("  cc    runtime/main.c", said)
        self.assertRegex(said, r"  ld    \S+/tidepool \(the whole program is optimized: some seconds\)")

    def test_what_npm_could_not_install_is_named(self):
        shutil.copytree(os.path.join(ROOT, "tests", "sdk"), os.path.join(self.temp, "tests", "sdk"), ignore=shutil.ignore_patterns("node_modules"))
        shutil.copy(os.path.join(ROOT, "tests", "run"), os.path.join(self.temp, "tests"))
        self.program("make")
        self.program("node", "exit 1")
        self.program("npm", "echo 'npm error 404 Not Found - @aws-sdk/nothing' >&2", "exit 1")
        status, said = self.run_in(self.temp, "sh", "tests/run", "sts.test")
        self.assertNotEqual(status, 0)
        self.assertIn("installing what tests/sdk needs from npm\n", said)
        self.assertRegex(said, r"FAILED npm ci in tests/sdk .*\nnpm error 404 Not Found - @aws-sdk/nothing\n")
        self.assertRegex(said, r"failed:.* npm ci in tests/sdk")

    def install_packages(self):
        for name in ("sh", "awk", "tee", "tail", "rm", "mktemp", "echo"):
            if not os.path.exists(os.path.join(self.bin, name)):
                os.symlink(shutil.which(name), os.path.join(self.bin, name))
        return self.run_in(self.temp, "sh", os.path.join(ROOT, "tests", "install-packages"), "liba-dev", "libb-dev", path=self.bin)

    def test_installing_packages_says_what_it_does_and_what_failed(self):
        self.program("id", "echo 0")
        self.program("apt-get", 'echo "0 upgraded, 2 newly installed"')
        status, said = self.install_packages()
        self.assertEqual(status, 0)
        self.assertRegex(said, r"^installing Debian packages .*: liba-dev libb-dev\n  0 upgraded, 2 newly installed\n")

        self.program("apt-get", "echo 'E: Unable to locate package liba-dev' >&2", "exit 100")
        status, said = self.install_packages()
        self.assertEqual(status, 1)
        self.assertIn("E: Unable to locate package liba-dev\n", said)
        self.assertRegex(said, r"could not install; by hand: +apt-get install -y --no-install-recommends liba-dev libb-dev\n$")

        self.program("id", "echo 1000")
        status, said = self.install_packages()
        self.assertEqual(status, 1)
        self.assertRegex(said, r"as root: +apt-get install -y --no-install-recommends liba-dev libb-dev\n$")


class Built(Case):
    """build/release/tidepool"""

    def inspect(self, *command):
        status, said = self.run_in(ROOT, *command, BINARY)
        self.assertEqual(status, 0, said)
        return said

    def test_it_needs_the_c_library_and_cjson_alone(self):
        needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", self.inspect("readelf", "-d")))
        allowed = {"libc.so.6", "libm.so.6", "ld-linux-aarch64.so.1", "ld-linux-x86-64.so.2", "libcjson.so.1"}
        self.assertIn("libc.so.6", needed)
        self.assertEqual(needed - allowed, set())

    def test_it_is_hardened(self):
        self.assertRegex(self.inspect("readelf", "-h"), r"Type: +DYN")
        self.assertIn("GNU_RELRO", self.inspect("readelf", "-lW"))
        self.assertIn("NOW", self.inspect("readelf", "-d"))
        code = self.inspect("objdump", "-d", "--no-show-raw-insn")
        self.assertIn("<__stack_chk_fail@", code)
        self.assertIn("<__snprintf_chk@", code)
        if "x86-64" in code[:200]:
            self.assertRegex(code, r"<main>:\n +\w+:\tendbr64")
            self.assertRegex(code, r"\tor[ql] +\$0x0,\(%rsp\)")  # each page of a large frame is touched

    def test_installed_it_is_one_file_that_runs(self):
        status, said = self.run_in(ROOT, "make", "install", "DESTDIR=" + self.temp, "PREFIX=/opt/tidepool")
        self.assertEqual(status, 0, said)
        there = [os.path.join(folder, f) for folder, _, files in os.walk(os.path.join(self.temp, "opt")) for f in files]
        self.assertEqual(there, [os.path.join(self.temp, "opt", "tidepool", "bin", "tidepool")])
        r = subprocess.run([there[0], "version"], env={}, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((r.returncode, r.stdout[:8]), (0, "tidepool"))


if __name__ == "__main__":
    unittest.main()
