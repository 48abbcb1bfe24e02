#include "names.h"
#include <ctype.h>

static bool only(struct str s, const char *also)
{
    for (size_t i = 0; i < s.n; i++)
        if (!isalnum((unsigned char)s.p[i]) && str_find(str_z(also), s.p[i]) < 0)
            return false;
    return s.n > 0;
}

static bool is_account(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!isdigit((unsigned char)s.p[i]))
            return false;
    return s.n == 12;
}

/* "us-east-1", "us-gov-west-1": two letters, words, one digit. */
static bool is_region(struct str s)
{
    return s.n >= 6 && islower((unsigned char)s.p[0]) && islower((unsigned char)s.p[1]) && s.p[2] == '-' &&
           s.p[s.n - 2] == '-' && isdigit((unsigned char)s.p[s.n - 1]) && only(s, "-");
}

/* The next part, when it is of this kind and something follows it. */
static struct str part_if(struct str *rest, bool fits)
{
    return fits && str_find(*rest, ':') >= 0 ? str_cut(rest, ':') : STR_NONE;
}

static struct str front(struct str rest)
{
    return str_cut(&rest, ':');
}

bool names_read(struct str text, struct function_name *out)
{
    struct str rest = text;
    *out = (struct function_name){0};
    if (str_is(front(rest), "arn")) {
        str_cut(&rest, ':');
        out->partition = str_cut(&rest, ':');
        if (!str_starts(out->partition, STR("aws")) || !str_is(str_cut(&rest, ':'), "lambda"))
            return false;
        out->region = str_cut(&rest, ':');
    } else {
        out->region = part_if(&rest, is_region(front(rest)));
    }
    out->account = part_if(&rest, is_account(front(rest)));
    struct str word = part_if(&rest, str_is(front(rest), "function"));
    if (out->partition.p && (!out->region.n || !out->account.n || !word.p))
        return false;
    out->name = str_cut(&rest, ':');
    out->qualifier = rest;
    return only(out->name, "-_.") && (!rest.p || only(rest, "-_$."));
}

bool names_function(struct str s)
{
    struct function_name name;
    return names_read(s, &name);
}

bool names_qualifier(struct str s)
{
    return only(s, "-_$.");
}
