#include "door/caller.h"

#include "base/str.h"

#define ACCOUNT_CHARS 9 /* base32: 45 bits for twelve digits */

struct str caller_arn(struct arena *a, struct str account)
{
    return arena_printf(a, "arn:aws:iam::%.*s:user/tidepool", STR_ARG(account));
}

struct str caller_id(struct arena *a, struct str account)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    char text[ACCOUNT_CHARS + 1] = "";
    int64_t n = 0;
    str_to_i64(account, &n);
    for (int i = ACCOUNT_CHARS; i-- > 0; n >>= 5)
        text[i] = letters[n & 31];
    return arena_printf(a, "AIDATIDEPOOL%s", text);
}
