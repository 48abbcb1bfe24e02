/* Tokens to trees: syntax only.  Names, values and meanings are expr_check's. */
#ifndef DYNAMODB_EXPR_PARSE_H
#define DYNAMODB_EXPR_PARSE_H

#include "expr.h"

/* What a parse leaves beside its tree. */
struct parsed {
    const char *what; /* "UpdateExpression" */
    bool redundant;   /* parentheses around parentheses */
    bool section_twice[UPDATE_KINDS];
    size_t operators;
    bool long_index; /* a list index beyond all lists */
    struct str long_index_text;
};

struct expr *parse_condition(struct parsed *p, struct str text, struct wrong *w);
struct update *parse_update(struct parsed *p, struct str text, struct wrong *w);
struct projection *parse_projection(struct parsed *p, struct str text, struct wrong *w);

#endif
