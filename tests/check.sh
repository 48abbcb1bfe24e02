#!/bin/sh
# make check: the rules of the house that a machine can see.  Each violation is one line, "file:line: text".
# Exit 1 when there is any.
set -u
cd "$(dirname "$0")/.." || exit 2
found=$(mktemp) || exit 2
trap 'rm -f "$found"' EXIT

product() { find runtime gateway triggers -name '*.[ch]' | sort; }
all() { find runtime gateway triggers tests -name node_modules -prune -o -name '*.[ch]' -print | sort; }

# code(): a line without strings, character literals and comments.  One file after the other.
strip='
FNR == 1 { comment = 0 }
function code(s,   out, at) {
    out = ""
    if (!comment) {
        gsub(/"([^"\\]|\\.)*"/, "\"\"", s)
        gsub(/\047([^\047\\]|\\.)\047/, "0", s)
        sub(/\/\/.*/, "", s)
    }
    while (s != "") {
        at = index(s, comment ? "*/" : "/*")
        if (!at) {
            if (!comment) out = out s
            break
        }
        if (!comment) out = out substr(s, 1, at - 1) " "
        s = substr(s, at + 2)
        comment = !comment
    }
    return out
}
function say(text) { print FILENAME ":" FNR ": " text }
'

# --- floors: base < store < core < door < rooms < cli < main; rooms do not include each other.
# gateway/http is bytes only, and the rest of the gateway stands on it.
floors='
function room(f,   p, n) {
    n = split(f, p, "/")
    if (n == 2) return f
    return p[1] "/" p[2]
}
function floor(r) {
    if (r == "runtime/base") return 0
    if (r == "runtime/store") return 1
    if (r == "runtime/core") return 2
    if (r == "runtime/door") return 3
    if (r == "gateway/http") return 4
    if (r == "runtime/cli") return 6
    if (r ~ /^runtime\/main\./) return 7
    return 5
}
function above_http(r) { return r ~ /^gateway\// || floor(r) > 5 }
function beside(from, name) { # as the preprocessor: in the folder of the file, with its ".." taken out
    sub(/[^\/]*$/, "", from)
    while (name ~ /^\.\.\//) {
        sub(/^\.\.\//, "", name)
        sub(/[^\/]*\/$/, "", from)
    }
    return from name
}
function resolve(from, name,   i) {
    if (beside(from, name) in there) return beside(from, name)
    for (i = 1; i <= 3; i++)
        if ((roots[i] name) in there) return roots[i] name
    return ""
}
FNR == NR { there[$0] = 1; next }
/^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, q, "\"")
    to = resolve(FILENAME, q[2])
    if (to == "") { say("cannot find \"" q[2] "\""); next }
    a = room(FILENAME); b = room(to)
    if (a == b || floor(b) < floor(a) && (b != "gateway/http" || above_http(a))) next
    say(a " must not include " b " (" q[2] ")")
}
BEGIN { roots[1] = "runtime/"; roots[2] = "gateway/"; roots[3] = "triggers/" }
'
product > "$found.list"
product | xargs awk "$strip$floors" "$found.list" >> "$found"
rm -f "$found.list"

# --- one library, one place
places='
/^[ \t]*#[ \t]*include[ \t]*</ {
    lib = $0
    sub(/^[^<]*</, "", lib); sub(/>.*/, "", lib)
    where = ""
    if (lib ~ /^cjson/) where = "^runtime/base/json\\.h$"
    if (lib ~ /^uv[.\/]/) where = "^(runtime/core|gateway/http)/"
    if (lib ~ /^llhttp/) where = "^runtime/core/http_parse\\.c$"
    if (lib ~ /^sqlite3/) where = "^runtime/store/(engine_sqlite|checkpoint|format|wal_file)\\.c$"
    if (lib ~ /^(lua|lauxlib|lualib)/) where = "^runtime/lambda/worker/"
    if (lib ~ /^openssl\//) where = "^(runtime/base/digest|gateway/http/tls)\\.c$"
    if (lib ~ /^yaml/) where = "^runtime/template/yaml\\.c$"
    if (lib ~ /^pthread/) where = "^runtime/store/checkpoint\\.h$"
    if (where != "" && FILENAME !~ where) say("<" lib "> has no place here")
}
'
product | xargs awk "$strip$places" >> "$found"

# --- banned functions
banned='
{ line = " " code($0) }
line ~ /[^A-Za-z0-9_](strcpy|strcat|sprintf|vsprintf|strtok|gmtime|localtime)[ ]*\(/ {
    say("a banned function: " $0)
}
'
all | xargs awk "$strip$banned" >> "$found"

# --- one way out: what is printed for people is cleaned (base/say.h)
prints='
{ line = " " code($0) }
line ~ /[^A-Za-z0-9_](printf|fprintf|vprintf|vfprintf|dprintf|puts|fputs|putc|fputc|putchar|perror|fwrite)[ ]*\(/ {
    say("prints beside base/say: " $0)
}
'
product | grep -v -e '^runtime/base/say\.c$' -e '^runtime/template/keep\.c$' | xargs awk "$strip$prints" >> "$found" # keep.c: a file

# --- trees: cJSON's own reading, printing, copying and comparing end texts at their first zero
trees='
{ line = " " code($0) }
line ~ /cJSON_(Parse|Print|Duplicate|Compare|SetValuestring|CreateStringReference|CreateRaw|AddRaw)/ {
    say("base/json.h has what keeps U+0000: " $0)
}
'
product | xargs awk "$strip$trees" >> "$found"

# --- one clock: only clock.c asks the system, and the worker for its preemption
clock='
{ line = " " code($0) }
line ~ /[^A-Za-z0-9_>.](time|clock_gettime|gettimeofday)[ ]*\(/ { say("not the world'"'"'s clock: " $0) }
'
product | grep -v -e '^runtime/base/clock\.c$' -e '^runtime/lambda/worker/' | xargs awk "$strip$clock" >> "$found"

# --- no globals: a static (or a variable at file scope) is const
globals='
{ line = code($0) }
line ~ /^[ \t]*static / && line ~ /[=;]/ && line !~ /\(/ {
    if (line !~ /const/) say("mutable static data: " $0)
    else if (line ~ /\*[ ]*[A-Za-z_][A-Za-z0-9_]*(\[[^]]*\])*[ ]*[=;]/) say("a mutable static pointer: " $0)
}
line ~ /^(extern |_Thread_local )/ && line ~ /;/ && line !~ /\(/ && line !~ /const/ { say("mutable data: " $0) }
line ~ /^(struct |enum |unsigned |int|long|char|bool|size_t|double|uint|void)[A-Za-z0-9_* \t]*[ *][A-Za-z_][A-Za-z0-9_]*(\[[^]]*\])*[ ]*(=|;)/ &&
line !~ /^(struct|enum|union) [a-z_0-9]+;/ && line !~ /const/ && line !~ /\(/ { say("mutable data at file scope: " $0) }
'
product | xargs awk "$strip$globals" >> "$found"

# --- every folder with sources says what it is
for folder in $(find runtime gateway triggers functions -name '*.[ch]' -o -name '*.lua' 2>/dev/null | sed 's|/[^/]*$||' | sort -u); do
    [ -f "$folder/README.md" ] || echo "$folder/README.md:1: missing" >> "$found"
done
[ -f tests/README.md ] || echo "tests/README.md:1: missing" >> "$found"

# --- every operation row is named in a test
rows='
{ line = $0 }
line ~ /^(static )?const struct op_row [a-z_0-9]+ *=/ { seeking = 1 }
seeking && match(line, /"[A-Za-z0-9]+"/) {
    print substr(line, RSTART + 1, RLENGTH - 2), FILENAME ":" FNR
    seeking = 0
}
'
product | xargs awk "$rows" | while read -r name place; do
    grep -rqw --exclude-dir=node_modules --include='*.c' --include='*.py' --include='*.sh' --include='*.js' --include='*.mjs' --include='*.json' \
        --include='*.lua' -e "$name" tests || echo "$place: no test names the operation $name" >> "$found"
done

# --- formatting; other versions than Debian 12's format differently
if clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
    all | xargs clang-format --dry-run -Werror 2>&1 | awk -F: '/: error: / && !seen[$1]++ {
        print $1 ":" $2 ": not formatted (make format)" }' >> "$found"
else
    echo "clang-format 14 is not here: formatting is not checked" >&2
fi

if [ -s "$found" ]; then
    cat "$found"
    echo "$(wc -l < "$found") violations" >&2
    exit 1
fi
echo "make check: the house is in order"
