/* The world's generator: ids and random numbers, all from one seed.
 *
 * Never secrets: a run with the same seed and inputs gives the same ids.  The owner is the world. */
#ifndef BASE_IDENT_H
#define BASE_IDENT_H

#include <stddef.h>
#include <stdint.h>

struct ident {
    uint64_t s[4];
};

/* seed 0 takes one from the system. */
void ident_init(struct ident *g, uint64_t seed);

uint64_t ident_u64(struct ident *g);
double ident_unit(struct ident *g); /* 0 <= x < 1 */

#define IDENT_UUID_SIZE 37
void ident_uuid(struct ident *g, char out[IDENT_UUID_SIZE]); /* version 4, lower case */

/* n characters and a zero, of the alphabets 0-9a-f, 0-9A-Z, 0-9a-z. */
void ident_hex(struct ident *g, char *out, size_t n);
void ident_upper(struct ident *g, char *out, size_t n);
void ident_lower(struct ident *g, char *out, size_t n);

#endif
