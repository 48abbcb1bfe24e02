/* Does a Lua text compile?  Nothing of it runs. */
#ifndef LAMBDA_SYNTAX_H
#define LAMBDA_SYNTAX_H

#include "base/buf.h"

/* False: `why` gets what Lua says, "orders.lua:3: ... near ...". */
bool syntax_check(struct str name, struct str text, struct buf *why);

/* What Lua compiles of a file's text: all but a mark of its encoding and a first line "#!...". */
struct str syntax_body(struct str text);

#endif
