#include "lib.h"

void lib_new_mark(lua_State *L, enum env_slot slot, const luaL_Reg *meta)
{
    lua_newtable(L);
    if (meta)
        luaL_setfuncs(L, meta, 0);
    env_of(L)->mark[slot] = lua_topointer(L, -1);
    lua_rawseti(L, LUA_REGISTRYINDEX, slot);
}

void lib_mark(lua_State *L, enum env_slot slot)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, slot);
    lua_setmetatable(L, -2);
}

bool lib_is(lua_State *L, int idx, enum env_slot slot)
{
    if (!lua_istable(L, idx) || !lua_getmetatable(L, idx))
        return false;
    bool is = lua_topointer(L, -1) == env_of(L)->mark[slot];
    lua_pop(L, 1);
    return is;
}

bool lib_is_mark(lua_State *L, int idx)
{
    const void *table = lua_topointer(L, idx), *const *marks = env_of(L)->mark;
    for (int slot = 0; slot < SLOT_END; slot++)
        if (marks[slot] == table)
            return true;
    return false;
}

struct buf *lib_out(lua_State *L)
{
    struct buf *out = &env_of(L)->x->out;
    buf_clear(out);
    return out;
}

struct str lib_str(lua_State *L, int idx)
{
    struct str s;
    s.p = luaL_checklstring(L, idx, &s.n);
    return s;
}
