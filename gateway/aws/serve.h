/* The AWS endpoint on a socket. */
#ifndef AWS_SERVE_H
#define AWS_SERVE_H

#include "door/world.h"

struct aws_server;

/* Listens on host and port.  NULL: *rc says why (RC_BUSY: the port is in use). */
struct aws_server *aws_server_new(struct world *w, const char *host, int port, enum rc *rc);
int aws_server_port(const struct aws_server *s);

/* Takes no new connections, lets what runs end; done (may be NULL) is called at the end. */
void aws_server_stop(struct aws_server *s, void (*done)(void *arg), void *arg);
void aws_server_free(struct aws_server *s);

#endif
