#!/bin/sh
# The two commands on a machine that has nothing: tests/bare.sh SUITE [FOLDER], as root, with debootstrap installed.
#
#   tests/bare.sh trixie /var/tmp/bare
#
# Makes a fresh Debian of that suite with git, make and certificates only (once: FOLDER/SUITE.tar keeps it), clones the
# commit that is checked out here into it, and runs `make run`, asks the sample app, and runs `make test`, with BUSY busy
# loops beside it (2), RUNS times (1).  The last line is make test's own.
set -eu
suite=${1:?a suite of Debian: bookworm, trixie}
folder=${2:-/var/tmp/bare}
here=$(cd "$(dirname "$0")/.." && pwd)
root=$folder/$suite
mkdir -p "$folder"

clean="env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 ${NODE_EXTRA_CA_CERTS:+NODE_EXTRA_CA_CERTS=$NODE_EXTRA_CA_CERTS}"
loops="" run=""
away() {
    [ -z "$loops" ] || kill $loops 2>/dev/null || true
    [ -z "$run" ] || kill -- "-$run" 2>/dev/null || true
    for m in dev proc; do umount -l "$root/$m" 2>/dev/null || true; done
}
trap away EXIT
trap 'exit 1' INT TERM

[ -e "$root.tar" ] || {
    rm -rf "$root"
    debootstrap --variant=minbase --include=git,make,ca-certificates "$suite" "$root" ${MIRROR:-} >"$root.log"
    tar -C "$root" -cf "$root.tar" .
}
rm -rf "$root"
mkdir -p "$root"
tar -C "$root" -xf "$root.tar"
cp /etc/resolv.conf "$root/etc/"
# How this machine reaches its packages is its own affair.
grep -ls '^ *Acquire' /etc/apt/apt.conf.d/* | while read -r f; do cp "$f" "$root/etc/apt/apt.conf.d/"; done
[ ! -e "$HOME/.npmrc" ] || cp "$HOME/.npmrc" "$root/root/"
for f in /usr/local/share/ca-certificates/*.crt; do [ ! -e "$f" ] || cp "$f" "$root/$f"; done
chroot "$root" $clean update-ca-certificates >"$root.log" 2>&1
mount -t proc proc "$root/proc"
mount --rbind --make-rslave /dev "$root/dev"
git clone -q "$here" "$root/root/tidepool"

i=0
while [ $i -lt "${BUSY:-2}" ]; do
    sh -c 'while :; do :; done' &
    loops="$loops $!" i=$((i + 1))
done

setsid chroot "$root" $clean make -C /root/tidepool run >"$root.run.log" 2>&1 &
run=$!
until curl -sf -o /dev/null http://localhost:3001/menu; do
    kill -0 $run 2>/dev/null || { cat "$root.run.log"; echo "make run ended"; exit 1; }
    sleep 1
done
echo "$suite: make run serves the sample app"
kill -- "-$run"
wait $run || true
run=""
i=0
while [ $i -lt "${RUNS:-1}" ]; do
    chroot "$root" $clean make -C /root/tidepool test
    i=$((i + 1))
done
