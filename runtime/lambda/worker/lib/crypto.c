/* crypto: digests as lower-case hex (raw bytes with a second argument true), ids and random bytes.  In a
 * seeded run what is random is the same each time, and no secret. */
#include "lib.h"

#include "base/codec.h"
#include "base/digest.h"

static int push_digest(lua_State *L, const unsigned char *bytes, size_t n, int raw_argument)
{
    char hex[2 * 64 + 1];
    if (lua_toboolean(L, raw_argument)) {
        lua_pushlstring(L, (const char *)bytes, n);
        return 1;
    }
    codec_hex(str_n(bytes, n), hex);
    lua_pushlstring(L, hex, 2 * n);
    return 1;
}

static int md5(lua_State *L)
{
    unsigned char out[16];
    digest_md5(lib_str(L, 1), out);
    return push_digest(L, out, sizeof(out), 2);
}

static int sha1(lua_State *L)
{
    unsigned char out[20];
    digest_sha1(lib_str(L, 1), out);
    return push_digest(L, out, sizeof(out), 2);
}

static int sha256(lua_State *L)
{
    unsigned char out[32];
    digest_sha256(lib_str(L, 1), out);
    return push_digest(L, out, sizeof(out), 2);
}

static int sha512(lua_State *L)
{
    unsigned char out[64];
    digest_sha512(lib_str(L, 1), out);
    return push_digest(L, out, sizeof(out), 2);
}

static int hmac_sha256(lua_State *L)
{
    unsigned char out[32];
    digest_hmac_sha256(lib_str(L, 1), lib_str(L, 2), out);
    return push_digest(L, out, sizeof(out), 3);
}

static void random_bytes(struct executor *x, void *out, size_t n)
{
    unsigned char *p = out;
    if (!x->spec.seed) {
        digest_random(out, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        p[i] = (unsigned char)ident_u64(&x->ident);
}

static int random_string(lua_State *L)
{
    lua_Integer n = luaL_checkinteger(L, 1);
    luaL_Buffer b;
    luaL_argcheck(L, n >= 0 && n <= 65536, 1, "0 to 65536 bytes expected");
    random_bytes(env_of(L)->x, luaL_buffinitsize(L, &b, (size_t)n), (size_t)n);
    luaL_pushresultsize(&b, (size_t)n);
    return 1;
}

/* Version 4. */
static int uuid(lua_State *L)
{
    unsigned char b[16];
    char h[2 * sizeof(b) + 1];
    random_bytes(env_of(L)->x, b, sizeof(b));
    b[6] = (unsigned char)((b[6] & 0x0F) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3F) | 0x80);
    codec_hex(str_n(b, sizeof(b)), h);
    char out[IDENT_UUID_SIZE];
    int n = snprintf(out, sizeof(out), "%.8s-%.4s-%.4s-%.4s-%.12s", h, h + 8, h + 12, h + 16, h + 20);
    lua_pushlstring(L, out, (size_t)n);
    return 1;
}

void lib_crypto_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"md5", md5},
        {"sha1", sha1},
        {"sha256", sha256},
        {"sha512", sha512},
        {"hmac_sha256", hmac_sha256},
        {"uuid", uuid},
        {"random_bytes", random_string},
        {NULL, NULL},
    };
    luaL_newlib(L, functions);
}
