/* AWS Security Token Service: who is asking? */
#ifndef STS_H
#define STS_H

#include "door/op.h"

extern const struct service sts_service;

#endif
