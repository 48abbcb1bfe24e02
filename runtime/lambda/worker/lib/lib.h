/* The libraries that a handler sees, one file each.  A lib_*_open pushes the library's table; which name it
 * gets is said in one table in sandbox.c.  Everything here may raise Lua errors, so a function holds nothing
 * across a Lua call that is not on the stack, in the environment or in the executor. */
#ifndef LAMBDA_WORKER_LIB_H
#define LAMBDA_WORKER_LIB_H

#include "../env.h"

void lib_aws_open(lua_State *L);
void lib_base64_open(lua_State *L);
void lib_coroutine_open(lua_State *L);
void lib_crypto_open(lua_State *L);
void lib_http_open(lua_State *L);
void lib_json_open(lua_State *L);
void lib_log_open(lua_State *L);
void lib_os_open(lua_State *L);
void lib_time_open(lua_State *L);

/* --- json.c */
#define JSON_DEPTH 256 /* of tables within tables, both ways */

enum json_flags {
    JSON_LENIENT = 1, /* for log lines: what JSON cannot hold is shown as text, nothing is raised */
    JSON_ATTR = 2,    /* DynamoDB's attribute values: {"S":"..."} for "..." */
    JSON_ITEM = 4,    /* the table itself is an item: {"name":{"S":"..."},...} (with JSON_ATTR) */
};

/* Appends the value at `idx` to `out` as JSON.  Raises what cannot be written, with the path to it.  Members
 * of an object come in the order of their names, so that the same value gives the same bytes. */
void json_put(lua_State *L, int idx, struct buf *out, unsigned flags);

/* Pushes the JSON text of the value at `idx`; raises also what is longer than TEXT_MAX. */
void json_push(lua_State *L, int idx, unsigned flags);

/* Pushes the value of a JSON text; raises "invalid JSON: ...". */
void json_take(lua_State *L, struct str text);

/* json.null: a light userdata, so it needs no memory and is the same everywhere. */
void json_push_null(lua_State *L);
bool json_is_null(lua_State *L, int idx);

/* Makes the metatable of a slot; `meta` may be NULL. */
void lib_new_mark(lua_State *L, enum env_slot slot, const luaL_Reg *meta);

/* Marks the table on the top of the stack: SLOT_ARRAY, SLOT_OBJECT or another metatable. */
void lib_mark(lua_State *L, enum env_slot slot);
bool lib_is(lua_State *L, int idx, enum env_slot slot);

/* Whether this table is the metatable of one of the slots. */
bool lib_is_mark(lua_State *L, int idx);

/* The executor's buffer for what is written now, empty.  Used up before the next Lua call of the guest. */
struct buf *lib_out(lua_State *L);

/* The string argument at `idx`, lent while it is on the stack. */
struct str lib_str(lua_State *L, int idx);

/* --- log.c: one event for the invocation's log; lines are split at newlines. */
void log_text(struct env *e, struct str text);

/* --- fault.c: errors of aws and http calls */

/* Raises the table {code, message, status, service, operation}. */
int fault_raise(lua_State *L, struct str code, struct str message, int status);

/* For a call's continuation: raises when the call was refused or failed; else the answer's text. */
struct str fault_or_answer(lua_State *L);

/* --- attr.c: DynamoDB's attribute values as plain Lua values (writing them: JSON_ATTR) */

/* The table at the top holds attribute values by name, as json_take gave it: makes it plain in place. */
void attr_plain_item(lua_State *L);

/* --- the members of aws that are objects; each sets its functions in the table at the top */
void aws_table_open(lua_State *L);
void aws_queue_open(lua_State *L);
void attr_open(lua_State *L); /* aws.plain, aws.typed, aws.set, aws.binary */

#endif
