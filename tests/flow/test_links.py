"""Symbolic links in a function's code: those into the user's own project are followed, as workspaces have them; one that
leads elsewhere is refused by name, at start and on reload."""
import os
import shutil
import unittest
import unittest.mock

from harness import Tidepool, until

TEMPLATE = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Greet": {"Type": "AWS::Serverless::Function", "Properties": {
    "FunctionName": "greet", "Handler": "greet", "CodeUri": "functions/", "Runtime": "lua5.4",
    "Events": {"Get": {"Type": "HttpApi", "Properties": {"Path": "/greet", "Method": "GET"}}}}}}}
GREET = "local words = require 'shared.words'\nreturn function() return words .. (require 'one') end\n"


class Links(unittest.TestCase):
    """A workspace with an app in it: work/app/template.json, work/packages/shared; elsewhere/ lies beside the workspace."""

    def setUp(self):
        self.t = Tidepool(start=False)
        self.t.folder = os.path.join(self.t.temp, "work", "app")
        self.addCleanup(self.t.close)
        self.put("app/template.json", TEMPLATE)
        self.put("app/functions/greet.lua", GREET)
        self.put("packages/shared/words.lua", "return 'hello '")
        self.put("packages/one.lua", "return 'one'")
        self.put("../elsewhere/words.lua", "return 'secret '")
        self.link("../../packages/shared", "app/functions/shared")
        self.link("../../packages/one.lua", "app/functions/one.lua")

    def path(self, name):
        return os.path.normpath(os.path.join(self.t.temp, "work", name))

    def put(self, name, content):
        self.t.write(self.path(name), content)

    def link(self, target, name):
        if os.path.lexists(self.path(name)):
            os.unlink(self.path(name))
        os.symlink(target, self.path(name))

    def says(self, body):
        until(lambda: self.t.get("/greet").body == body)

    def validate(self, *options):
        r = self.t.cli("validate", *options)
        return r.returncode, r.stdout + r.stderr

    def assert_refused(self, *parts):
        status, text = self.validate()
        self.assertEqual(status, 2, text)
        for part in parts:
            self.assertIn(part, text)

    def test_links_into_the_own_workspace_are_followed_and_watched(self):
        for name, content in (("package.json", {"workspaces": ["packages/*"]}), ("pnpm-workspace.yaml", "packages: ['packages/*']\n"),
                              (".git/HEAD", "ref: refs/heads/main\n")):
            self.put(name, content)
            self.assertEqual(self.validate()[0], 0, name)
            (shutil.rmtree if "/" in name else os.unlink)(self.path(name.split("/")[0]))
        self.put("package.json", {"workspaces": ["packages/*"]})
        self.t.start()
        self.says(b"hello one")
        self.put("packages/shared/words.lua", "return 'good day '")
        self.says(b"good day one")
        self.put("packages/one.lua", "return 'two'")
        self.says(b"good day two")

    def test_without_a_workspace_the_templates_folder_is_the_project(self):
        self.assert_refused("Resources.Greet.Properties.CodeUri: shared is a symbolic link to %s, outside of the project in %s"
                            % (self.path("packages/shared"), self.path("app")), "one.lua is a symbolic link to")
        for name in "shared", "one.lua":
            shutil.move(self.path("packages/" + name), self.path("app/" + name))
            self.link("../" + name, "app/functions/" + name)
        self.assertEqual(self.validate()[0], 0)

    def test_a_repository_in_the_users_home_does_not_make_all_of_home_the_project(self):
        self.put("package.json", {"workspaces": ["packages/*"]})
        self.put(".git/HEAD", "ref: refs/heads/main\n")
        self.assertEqual(self.validate()[0], 0)
        for home in self.path(""), self.path("") + "/app/..":
            with unittest.mock.patch.dict(os.environ, HOME=home):
                self.assert_refused("outside of the project in %s" % self.path("app"))
        with unittest.mock.patch.dict(os.environ, HOME=self.path("..")):
            self.assertEqual(self.validate()[0], 0)  # a repository below home

    def test_a_link_elsewhere_is_refused_by_name_at_start_and_on_reload(self):
        self.put(".git/HEAD", "ref: refs/heads/main\n")
        self.t.start()
        self.says(b"hello one")
        self.link(self.path("../elsewhere"), "app/functions/shared")
        self.put("app/functions/greet.lua", GREET + "-- saved\n")
        until(lambda: "shared is a symbolic link to %s, outside of the project in %s" % (self.path("../elsewhere"), self.path("")) in self.t.output())
        until(lambda: "the version before goes on serving" in self.t.output())
        self.assertEqual(self.t.get("/greet").body, b"hello one")
        self.t.stop()
        self.assert_refused("shared is a symbolic link to")
        self.assertRaisesRegex(RuntimeError, "shared is a symbolic link to", self.t.start)
        self.assertIn("warning: ", self.validate("--lenient")[1])  # and is left out
        self.link("../../packages/shared", "app/functions/shared")
        self.link(self.path("../elsewhere/words.lua"), "app/functions/one.lua")
        self.assert_refused("one.lua is a symbolic link to %s, outside" % self.path("../elsewhere/words.lua"))

    def test_a_code_uri_that_is_a_link_elsewhere_is_refused_too(self):
        self.put(".git/HEAD", "ref: refs/heads/main\n")
        self.put("../elsewhere/greet.lua", "return function() return 'secret' end")
        shutil.rmtree(self.path("app/functions"))
        self.link(self.path("../elsewhere"), "app/functions")
        self.assert_refused("CodeUri: functions/ is a symbolic link to %s, outside of the project" % self.path("../elsewhere"))
        named = {**TEMPLATE["Resources"]["Greet"], "Properties": {**TEMPLATE["Resources"]["Greet"]["Properties"], "CodeUri": "../../elsewhere"}}
        self.put("app/template.json", {**TEMPLATE, "Resources": {"Greet": named}})
        self.assertEqual(self.validate()[0], 0)  # the template says so itself

    def test_a_link_to_where_it_lies_ends(self):
        self.put(".git/HEAD", "ref: refs/heads/main\n")
        self.link("..", "packages/shared/up")
        self.link("../functions", "app/functions/again")
        self.assert_refused("again is a symbolic link to %s, in which it lies" % self.path("app/functions"))


if __name__ == "__main__":
    unittest.main(warnings="ignore")
