#include "read.h"
#include "base/codec.h"

struct node *read_text(struct arena *a, struct str text, struct problems *p)
{
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_sub(text, 3, text.n);
    if (!codec_utf8_valid(text)) {
        problem_line(p, 1, "the file is not UTF-8");
        return NULL;
    }
    struct str trimmed = str_trim(text);
    struct node *root = str_starts(trimmed, STR("{")) ? read_json(a, text, p) : read_yaml(a, text, p);
    if (root && root->kind != NODE_MAP) {
        problem_line(p, root->line, "a template is a map with Resources");
        return NULL;
    }
    return root;
}
