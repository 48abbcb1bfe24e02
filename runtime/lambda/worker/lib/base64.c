/* base64: bytes to text and back.  decode takes both alphabets and forgives missing padding, for tokens and
 * cookies carry the URL form. */
#include "lib.h"

#include "base/codec.h"

static int encode(lua_State *L)
{
    struct buf *out = lib_out(L);
    codec_base64(out, lib_str(L, 1));
    if (out->full)
        return luaL_error(L, "too long for base64");
    lua_pushlstring(L, out->n ? out->p : "", out->n);
    return 1;
}

/* The alphabet of RFC 4648 section 5, without padding. */
static int encode_url(lua_State *L)
{
    encode(L);
    struct buf *out = &env_of(L)->x->out;
    while (out->n && out->p[out->n - 1] == '=')
        out->n--;
    for (size_t i = 0; i < out->n; i++)
        out->p[i] = (char)(out->p[i] == '+' ? '-' : out->p[i] == '/' ? '_' : out->p[i]);
    lua_pushlstring(L, out->n ? out->p : "", out->n);
    return 1;
}

static int decode(lua_State *L)
{
    struct str s = lib_str(L, 1);
    struct buf *standard = &env_of(L)->x->scratch, *out = lib_out(L);
    while (s.n && s.p[s.n - 1] == '=')
        s.n--;
    buf_clear(standard);
    for (size_t i = 0; i < s.n; i++)
        buf_char(standard, (char)(s.p[i] == '-' ? '+' : s.p[i] == '_' ? '/' : s.p[i]));
    while (standard->n % 4)
        buf_char(standard, '=');
    if (standard->full || !codec_unbase64(out, buf_view(standard))) {
        lua_pushnil(L);
        lua_pushliteral(L, "not base64");
        return 2;
    }
    lua_pushlstring(L, out->n ? out->p : "", out->n);
    return 1;
}

void lib_base64_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"encode", encode},
        {"encode_url", encode_url},
        {"decode", decode},
        {NULL, NULL},
    };
    luaL_newlib(L, functions);
}
