#include "expr_lex.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_word(char c)
{
    return is_letter(c) || is_digit(c) || c == '_';
}

static const struct {
    const char *word;
    enum token_kind kind;
} keywords[] = {
    {"AND", TOKEN_AND},       {"OR", TOKEN_OR},           {"NOT", TOKEN_NOT},
    {"IN", TOKEN_IN},         {"BETWEEN", TOKEN_BETWEEN}, {"SET", TOKEN_SET},
    {"REMOVE", TOKEN_REMOVE}, {"ADD", TOKEN_ADD},         {"DELETE", TOKEN_DELETE},
};

static enum token_kind word_kind(struct str s)
{
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (str_ieq(s, str_z(keywords[i].word)))
            return keywords[i].kind;
    return TOKEN_WORD;
}

static struct token cut(struct lexer *l, enum token_kind kind, size_t n)
{
    struct token t = {kind, str_sub(l->source, l->at, n)};
    l->at += n;
    return t;
}

/* How many characters from `from` on belong to a word, or are digits. */
static size_t run(const struct lexer *l, size_t from, bool (*belongs)(char))
{
    size_t n = 0;
    while (from + n < l->source.n && belongs(l->source.p[from + n]))
        n++;
    return n;
}

/* "<", and "<=" or "<>" when that follows. */
static struct token less_or_greater(struct lexer *l)
{
    char c = l->source.p[l->at], next = l->at + 1 < l->source.n ? l->source.p[l->at + 1] : 0;
    if (next == '=')
        return cut(l, c == '<' ? TOKEN_LE : TOKEN_GE, 2);
    if (c == '<' && next == '>')
        return cut(l, TOKEN_NE, 2);
    return cut(l, c == '<' ? TOKEN_LT : TOKEN_GT, 1);
}

static enum token_kind sign_kind(char c)
{
    switch (c) {
    case '=':
        return TOKEN_EQ;
    case '(':
        return TOKEN_OPEN;
    case ')':
        return TOKEN_CLOSE;
    case '[':
        return TOKEN_OPEN_INDEX;
    case ']':
        return TOKEN_CLOSE_INDEX;
    case '.':
        return TOKEN_DOT;
    case ',':
        return TOKEN_COMMA;
    case '+':
        return TOKEN_PLUS;
    case '-':
        return TOKEN_MINUS;
    default:
        return TOKEN_STRANGE;
    }
}

/* A character beyond ASCII is one sign, though it has several bytes. */
static size_t character_length(const struct lexer *l)
{
    size_t n = 1;
    while (l->at + n < l->source.n && ((unsigned char)l->source.p[l->at + n] & 0xC0) == 0x80)
        n++;
    return n;
}

struct token lex_next(struct lexer *l)
{
    l->at += run(l, l->at, is_blank);
    if (l->at >= l->source.n)
        return (struct token){TOKEN_END, str_n(l->source.p + l->source.n, 0)};
    char c = l->source.p[l->at];
    if (is_letter(c)) {
        struct token t = cut(l, TOKEN_WORD, run(l, l->at, is_word));
        t.kind = word_kind(t.text);
        return t;
    }
    if (is_digit(c)) /* "00" is two tokens */
        return cut(l, TOKEN_NUMBER, c == '0' ? 1 : run(l, l->at, is_digit));
    if (c == '#' || c == ':') {
        size_t n = run(l, l->at + 1, is_word);
        return cut(l, n == 0 ? TOKEN_STRANGE : c == '#' ? TOKEN_NAME : TOKEN_VALUE, n + 1);
    }
    if (c == '<' || c == '>')
        return less_or_greater(l);
    return cut(l, sign_kind(c), character_length(l));
}
