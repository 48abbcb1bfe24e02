/* What a subscriber gets: the texts that SNS makes around a message. */
#ifndef SNS_ENVELOPE_H
#define SNS_ENVELOPE_H

#include "model.h"

/* One message on its way, after the checks of Publish. */
struct publication {
    struct str id;
    int64_t at;              /* when it was published, ms */
    struct str subject;      /* absent: none */
    struct str message;      /* as published */
    const cJSON *structure;  /* the message per protocol (MessageStructure json); NULL: the same for all */
    const cJSON *attributes; /* as published; may be NULL */
    struct str group;        /* MessageGroupId; absent: none */
    cJSON *attributes_view;  /* for filter policies of scope MessageAttributes */
    cJSON *body[PROTOCOLS];  /* for those of scope MessageBody, once read */
    bool body_read[PROTOCOLS];
};

/* The message for this protocol. */
struct str publication_text(const struct publication *p, enum protocol protocol);

/* The JSON text that a queue gets without raw delivery, as AWS lays it out, in the arena. */
struct str envelope_for_queue(struct call *c, const struct subscription *s, const struct publication *p);

/* The event of a function: {"Records": [{... "Sns": {...}}]}, in the arena. */
struct str envelope_for_function(struct call *c, const struct subscription *s, const struct publication *p);

#endif
