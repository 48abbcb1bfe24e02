#include "syntax.h"

#include "base/rc.h"
#include <lauxlib.h>
#include <stdlib.h>

struct str syntax_body(struct str text)
{
    if (str_starts(text, STR("\xEF\xBB\xBF")))
        text = str_sub(text, 3, text.n);
    if (!str_starts(text, STR("#")))
        return text;
    ptrdiff_t end = str_find(text, '\n');
    return end < 0 ? STR("") : str_sub(text, (size_t)end, text.n); /* the newline stays: lines are counted */
}

bool syntax_check(struct str name, struct str text, struct buf *why)
{
    lua_State *L = luaL_newstate();
    if (!L)
        BUG("no memory for a Lua state");
    char *chunk = xmalloc(name.n + 2);
    chunk[0] = '@';
    str_copy(name, chunk + 1, name.n + 1);
    text = syntax_body(text);
    bool fine = luaL_loadbufferx(L, text.n ? text.p : "", text.n, chunk, "t") == LUA_OK;
    if (!fine)
        buf_z(why, lua_tostring(L, -1) ? lua_tostring(L, -1) : "does not compile");
    free(chunk);
    lua_close(L);
    return fine;
}
