/* Expression text to tokens. */
#ifndef DYNAMODB_EXPR_LEX_H
#define DYNAMODB_EXPR_LEX_H

#include "base/str.h"

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,   /* an attribute's name or a function's */
    TOKEN_NAME,   /* #name */
    TOKEN_VALUE,  /* :value */
    TOKEN_NUMBER, /* a list index */
    TOKEN_EQ,
    TOKEN_NE,
    TOKEN_LT,
    TOKEN_LE,
    TOKEN_GT,
    TOKEN_GE,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_OPEN_INDEX,
    TOKEN_CLOSE_INDEX,
    TOKEN_DOT,
    TOKEN_COMMA,
    TOKEN_PLUS,
    TOKEN_MINUS,
    TOKEN_AND, /* words that mean something, in any case */
    TOKEN_OR,
    TOKEN_NOT,
    TOKEN_IN,
    TOKEN_BETWEEN,
    TOKEN_SET,
    TOKEN_REMOVE,
    TOKEN_ADD,
    TOKEN_DELETE,
    TOKEN_STRANGE, /* a character that no expression has */
};

struct token {
    enum token_kind kind;
    struct str text; /* a view into the expression; at the end an empty one behind it */
};

struct lexer {
    struct str source;
    size_t at;
};

struct token lex_next(struct lexer *l);

#endif
