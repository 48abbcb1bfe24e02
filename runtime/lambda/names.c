#include "names.h"
#include <ctype.h>

static bool only(struct str s, const char *also)
{
    for (size_t i = 0; i < s.n; i++)
        if (!isalnum((unsigned char)s.p[i]) && !strchr(also, s.p[i]))
            return false;
    return s.n > 0;
}

bool names_function(struct str s)
{
    return only(s, "-_.:$");
}

bool names_qualifier(struct str s)
{
    return only(s, "-_$.");
}
