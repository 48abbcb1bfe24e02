/* Text to tree.  Each reader gives the root or NULL with a problem said.
 *
 * JSON has a reader of its own rather than libyaml's: YAML is nearly a superset of JSON, but libyaml refuses
 * surrogate escapes (\ud83d\ude00), accepts what is no JSON (comments, single quotes, a trailing comma) and
 * speaks of "block mappings" where a person wrote braces.  Two hundred lines buy exact lines and plain words.
 */
#ifndef TEMPLATE_READ_H
#define TEMPLATE_READ_H

#include "node.h"
#include "problem.h"

#define TEMPLATE_MAX (1u << 20)    /* bytes of a template file, as CloudFormation has it */
#define TEMPLATE_DEPTH_MAX 64      /* of nesting */
#define TEMPLATE_NODES_MAX 100000u /* what aliases may grow a YAML file to */

struct node *read_json(struct arena *a, struct str text, struct problems *p);
struct node *read_yaml(struct arena *a, struct str text, struct problems *p);

/* By content: what begins with '{' is JSON. */
struct node *read_text(struct arena *a, struct str text, struct problems *p);

#endif
