/* DynamoDB's numbers: exact decimals of up to 38 digits, from 1E-130 to 9.99E+125, and negative.
 *
 * A number is 0.d1d2d3... times a power of ten without a digit too many: no zero at either end of the digits,
 * so equal numbers have equal fields and equal text. */
#ifndef DYNAMODB_NUMBER_H
#define DYNAMODB_NUMBER_H

#include "base/buf.h"

#define NUMBER_DIGITS 38
#define NUMBER_TEXT_MAX 200 /* the longest plain text: 126 digits, or "-0." and 167 more */
#define NUMBER_KEY_MAX 24   /* bytes of an order-preserving key */

struct number {
    bool negative;
    int exponent; /* power of ten of the first digit: 12.5 has 1 */
    int count;    /* digits; 0: zero */
    unsigned char digits[NUMBER_DIGITS];
};

enum number_problem { NUMBER_OK, NUMBER_BAD, NUMBER_OVERFLOW, NUMBER_UNDERFLOW, NUMBER_PRECISION };

/* Text as clients send it: sign, point and exponent are allowed, blanks are not. */
enum number_problem number_read(struct str text, struct number *out);

/* Plain text without an exponent, as the service answers it: "0.00012", "-1200". */
void number_write(const struct number *n, struct buf *out);

/* <0, 0, >0 */
int number_compare(const struct number *a, const struct number *b);

/* The exact sum (or difference); a result that needs more than 38 digits is NUMBER_PRECISION. */
enum number_problem number_add(const struct number *a, const struct number *b, bool subtract,
                               struct number *out);

/* Bytes that sort like the numbers; returns how many. */
size_t number_key(const struct number *n, unsigned char out[NUMBER_KEY_MAX]);

/* Bytes that the service counts for it: one for each two digits, one for the exponent, one for a minus. */
size_t number_size(const struct number *n);

#endif
