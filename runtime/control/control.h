/* The control room: time, causes and state of this world, for the person in front of it.
 *
 * Service "tidepool": Health, Clock, Settle, Reset, Trace, Logs, Why.  The AWS endpoint serves them as JSON
 * under
 * /_tidepool/, the command line asks there. */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include "door/op.h"

extern const struct service control_service;

#endif
