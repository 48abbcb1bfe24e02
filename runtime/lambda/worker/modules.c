/* The function's own code: files below CodeUri, or its inline text.
 *
 * A module's text is compiled once per executor; further environments load the bytecode that we keep (with
 * its line numbers).  Files are read when they are first asked for: a changed file comes with a new version
 * of the function, and that with a new executor. */
#include "fail.h"
#include "sandbox.h"
#include "syntax.h"

#include "lib/lib.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODULE_MAX (16u << 20)
#define NAME_MAX_LENGTH 200

/* --- finding and reading ------------------------------------------------------------------------------- */

/* The text of the file root/relative into `out`.  False: it is not there, or not below root. */
static bool read_below(const char *root, const char *relative, struct buf *out)
{
    char path[PATH_MAX], real[PATH_MAX];
    size_t n = strlen(root);
    struct stat st;
    if ((size_t)snprintf(path, sizeof(path), "%s/%s", root, relative) >= sizeof(path) ||
        !realpath(path, real))
        return false;
    if (strncmp(real, root, n) != 0 || real[n] != '/')
        return false;
    int fd = open(real, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= (off_t)MODULE_MAX;
    buf_clear(out);
    while (good) {
        char *at = buf_room(out, 65536);
        ssize_t got = at ? read(fd, at, 65536) : -1;
        if (got <= 0) {
            good = got == 0;
            break;
        }
        out->n += (size_t)got;
    }
    close(fd);
    return good;
}

/* Where module a.b may lie: a/b.lua, then a/b/init.lua. */
static bool candidate(struct str module, int which, char out[NAME_MAX_LENGTH + 16])
{
    char *p = out;
    if (module.n == 0 || module.n > NAME_MAX_LENGTH)
        return false;
    for (size_t i = 0; i < module.n; i++) {
        if (!module.p[i])
            return false;
        *p++ = module.p[i] == '.' ? '/' : module.p[i];
    }
    if (which)
        memcpy(p, "/init.lua", sizeof("/init.lua"));
    else
        memcpy(p, ".lua", sizeof(".lua"));
    return true;
}

/* The module that the spec's handler names, and the function in it: "orders.create". */
static void split_handler(struct str handler, struct str *module, struct str *function)
{
    *module = handler;
    *function = STR_NONE;
    for (size_t i = handler.n; i > 0; i--)
        if (handler.p[i - 1] == '.') {
            *module = str_sub(handler, 0, i - 1);
            *function = str_sub(handler, i, handler.n);
            return;
        }
}

/* --- compiling ----------------------------------------------------------------------------------------- */

static int add_bytes(lua_State *L, const void *p, size_t n, void *out)
{
    (void)L;
    buf_add(out, p, n);
    return ((struct buf *)out)->full;
}

/* Keeps the bytecode of the function at the top for the executor's next environment. */
static void keep_chunk(lua_State *L, struct executor *x, struct str module)
{
    struct buf *bytes = xcalloc(1, sizeof(*bytes));
    buf_init(bytes, MODULE_MAX);
    if (lua_dump(L, add_bytes, bytes, 0) != 0) {
        buf_release(bytes);
        free(bytes);
        return;
    }
    struct buf *before = map_put(&x->chunks, module, bytes);
    if (before) {
        buf_release(before);
        free(before);
    }
}

static void compile(lua_State *L, struct str module, const char *relative, struct str text)
{
    const char *name = lua_pushfstring(L, "@%s", relative);
    text = syntax_body(text);
    if (luaL_loadbufferx(L, text.n ? text.p : "", text.n, name, "t") != LUA_OK) {
        lua_pushlstring(L, module.p, module.n);
        fail_raise(L, "Runtime.UserCodeSyntaxError", "Syntax error in module '%s': %s", lua_tostring(L, -1),
                   lua_tostring(L, -2));
    }
    lua_remove(L, -2);
    keep_chunk(L, env_of(L)->x, module);
}

/* Pushes the module's chunk and the name of its file; false: there is no such module. */
static bool push_chunk(lua_State *L, struct str module)
{
    struct executor *x = env_of(L)->x;
    char relative[NAME_MAX_LENGTH + 16];
    struct str main, function;
    const struct buf *kept = map_get(&x->chunks, module);
    if (kept) {
        if (luaL_loadbufferx(L, kept->p, kept->n, "=kept", "b") != LUA_OK)
            lua_error(L);
        return true;
    }
    if (x->spec.inline_code.p) {
        split_handler(x->spec.handler, &main, &function);
        if (!str_eq(main, module) || !candidate(module, 0, relative))
            return false;
        compile(L, module, relative, x->spec.inline_code);
        return true;
    }
    for (int which = 0; which < 2; which++)
        if (x->root && candidate(module, which, relative) && read_below(x->root, relative, &x->scratch)) {
            compile(L, module, relative, buf_view(&x->scratch));
            return true;
        }
    return false;
}

/* --- require ------------------------------------------------------------------------------------------- */

/* Stack: name, ..., what the chunk returned. */
static int required(lua_State *L, int status, lua_KContext ctx)
{
    (void)status, (void)ctx;
    lua_rawgeti(L, LUA_REGISTRYINDEX, SLOT_LOADING);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    lua_rawset(L, -3);
    lua_pop(L, 1);
    if (lua_isnil(L, -1)) {
        lua_pushboolean(L, 1);
        lua_replace(L, -2);
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, SLOT_LOADED);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -3);
    lua_rawset(L, -3);
    lua_pop(L, 1);
    return 1;
}

/* Raises when the chunk of this module runs already: it requires itself. */
static void mark_loading(lua_State *L)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, SLOT_LOADING);
    lua_pushvalue(L, 1);
    if (lua_rawget(L, -2) != LUA_TNIL)
        fail_raise(L, "Runtime.ImportModuleError", "loop or an earlier error while module '%s' was loaded",
                   lua_tostring(L, 1));
    lua_pop(L, 1);
    lua_pushvalue(L, 1);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

static bool push_from(lua_State *L, enum env_slot slot)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, slot);
    lua_pushvalue(L, 1);
    lua_rawget(L, -2);
    lua_remove(L, -2);
    if (lua_toboolean(L, -1))
        return true;
    lua_pop(L, 1);
    return false;
}

int module_require(lua_State *L)
{
    struct str module;
    module.p = luaL_checklstring(L, 1, &module.n);
    lua_settop(L, 1);
    if (push_from(L, SLOT_LOADED))
        return 1;
    if (!push_chunk(L, module)) {
        if (push_from(L, SLOT_LIBS))
            return 1;
        return fail_raise(L, "Runtime.ImportModuleError",
                          "module '%s' not found: it is neither a file of the function's code nor a library",
                          lua_tostring(L, 1));
    }
    mark_loading(L);
    lua_pushvalue(L, 1);
    lua_callk(L, 1, 1, 0, required);
    return required(L, LUA_OK, 0);
}

/* --- the handler --------------------------------------------------------------------------------------- */

/* Stack: the module's value at the top. */
static int pick_function(lua_State *L, int status, lua_KContext ctx)
{
    struct str module, function;
    (void)status, (void)ctx;
    split_handler(env_of(L)->x->spec.handler, &module, &function);
    if (lua_isfunction(L, -1))
        return 1;
    lua_pushlstring(L, function.p ? function.p : "handler", function.p ? function.n : 7);
    if (lua_istable(L, -2)) {
        lua_pushvalue(L, -1);
        if (lua_gettable(L, -3) == LUA_TFUNCTION)
            return 1;
        lua_pop(L, 1);
    }
    lua_pushlstring(L, module.p, module.n);
    return fail_raise(L, "Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'",
                      lua_tostring(L, -2), lua_tostring(L, -1));
}

int module_load_handler(lua_State *L)
{
    struct str module, function;
    split_handler(env_of(L)->x->spec.handler, &module, &function);
    lua_pushcfunction(L, module_require);
    lua_pushlstring(L, module.p, module.n);
    lua_callk(L, 1, 1, 0, pick_function);
    return pick_function(L, LUA_OK, 0);
}
