/* template:Deploy, and the row of the service.  For the files of this folder. */
#ifndef TEMPLATE_DEPLOY_H
#define TEMPLATE_DEPLOY_H

#include "build.h"

/* One deployed resource, as it is remembered in the store. */
struct record {
    struct str id, text; /* text: as it lies in the store */
    const struct type_row *type;
    int at;          /* its place in the order */
    cJSON *in, *out; /* owned */
};

/* --- record.c */
/* All records of the last deployment, by id, into `records` (values in the arena, trees owned). */
enum rc records_load(struct store *s, struct arena *a, struct map *records);
void records_release(struct map *records);
enum rc record_save(struct store *s, struct arena *a, struct record *r);
enum rc record_forget(struct store *s, const struct record *r);
/* The text of a member of the answer, or else of the input; absent: neither has it. */
struct str record_member(const struct record *r, const char *name);
/* The input of its removal; NULL: it is state and is not removed. */
cJSON *record_removal(const struct record *r);

extern const struct op_row template_op_deploy;
extern const struct fault template_failed;

/* --- check_code.c */
/* Does what is new since `current` (NULL: nothing came before) compile?  Code that does not refuses an edit,
 * since the version before it goes on serving; at a start there is none, so it is only said (and
 * stands in the answer), and whoever invokes the function hears it from Lambda. */
enum op_end check_code(struct call *c, const struct template *t, const struct template *current);

/* What the world keeps for the service. */
struct template_state {
    struct template *current; /* room: the last one that was deployed; NULL: none yet */
    char *copies;             /* room: the folder for copies of code; NULL: none */
    bool scratch;             /* ... which goes with us */
    int lock;                 /* ... and is ours as long as we hold this */
};

/* --- scratch.c */
/* A folder for copies that goes with us (the taker's, for scratch_free); NULL: none can be made. */
char *scratch_new(int *lock);
void scratch_free(char *path, int lock);

#endif
