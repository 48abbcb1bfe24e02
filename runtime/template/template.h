/* The template: read, checked, expanded and ordered into a plan of door calls; then deployed.
 *
 *   problems_init(&p);
 *   struct template *t = template_load(path, conf, &p);       validate: only this
 *   if (problems_stop(&p)) { problems_print(&p, stderr); exit 2 }
 *   template_deploy(world, t, on_end, asker);                 start: one transaction, or nothing changes
 *
 * Who loads a template owns it until it is deployed; then the world has it, for a reset and for the watch. */
#ifndef TEMPLATE_TEMPLATE_H
#define TEMPLATE_TEMPLATE_H

#include "door/call.h"
#include "problem.h"

struct conf;
struct template;

/* The service row "template", for main's table. */
extern const struct service template_service;

/* The template's path when none was given: template.json, template.yaml, template.yml in `folder` (or here).
 * False: there is none. */
bool template_find(const char *folder, char *path, size_t size);

/* Reads the file and all that it points to.  conf: parameters, account, region, lenient.  NULL when the file
 * cannot be read or parsed; otherwise the template, which is of use unless problems_stop.  Problems are
 * sorted by line. */
struct template *template_load(const char *path, const struct conf *conf, struct problems *p);
void template_free(struct template *t);

/* The file as it was named, and absolute paths; lent. */
const char *template_file(const struct template *t);
const char *template_path(const struct template *t);
const char *template_folder(const struct template *t);

/* A digest over the plan, with the hashes of all code: equal means that a deployment would change nothing. */
void template_digest(const struct template *t, char out[65]);

/* The ordered plan as JSON for tests and people: [{"Id","Type","Call":"sqs PutQueue","In":{...}}, ...]; what
 * is known only later is shown as {"@": "Orders.Arn"}.  The caller's to delete. */
cJSON *template_plan(const struct template *t);

/* Submits template:Deploy.  The template is moved: it becomes the world's, or is freed with a fault.  on_end
 * as in struct call.  The answer:
 * {"Outputs":[{"Key","Value","Description"?}], "Made":[id], "Changed":[id], "Removed":[id],
 *  "Kept":[{"Id","Type","Name"}]  (tables, queues, topics that left the template and stay),
 *  "Routes":[{"Api","Kind","Port","Stage","Method","Path","Endpoint","Function","ApiKeyRequired"}],
 *  "Functions":[{"Id","Name","Triggers":["GET /hello/{name}","stream Orders","rate(1 hour)"]}],
 *  "ApiKeys":[{"Id","Name","Value"}],
 *  "CodeProblems": "app.lua:3: ..."  (code that does not compile, a line each; absent when all does)}
 * A fault names the resource, file and line, and then nothing has changed. */
void template_deploy(struct world *w, struct template *t, void (*on_end)(struct call *), void *asker);

/* The template that is deployed, lent; NULL: none. */
const struct template *template_current(const struct world *w);

#endif
