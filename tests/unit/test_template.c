/* The template: what is wrong with one and where, what it expands to, and how it is deployed.
 *
 * Templates are written with 'single quotes'; each lies in a folder of its own with a few Lua files. */
#include "room.h"

#include "core/conf.h"
#include "core/loop.h"
#include "template/types.h"
#include "template/watch.h"
#include <sys/stat.h>
#include <unistd.h>

/* --- a folder with a template in it */

struct desk {
    char folder[64], file[128];
    struct conf conf;
    struct problems problems;
    struct template *template;
};

static void put_file(const struct desk *d, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", d->folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void desk_open(struct desk *d)
{
    char sub[128];
    memset(d, 0, sizeof *d);
    snprintf(d->folder, sizeof d->folder, "/tmp/test_template_XXXXXX");
    assert_non_null(mkdtemp(d->folder));
    snprintf(sub, sizeof sub, "%s/code", d->folder);
    mkdir(sub, 0700);
    put_file(d, "code/orders.lua", "return {}");
    conf_init(&d->conf);
    problems_init(&d->problems);
}

static void desk_clear(struct desk *d)
{
    template_free(d->template);
    d->template = NULL;
    problems_release(&d->problems);
    problems_init(&d->problems);
}

static void desk_close(struct desk *d)
{
    char command[128];
    desk_clear(d);
    problems_release(&d->problems);
    conf_release(&d->conf);
    snprintf(command, sizeof command, "rm -r %s", d->folder);
    assert_int_equal(system(command), 0);
}

static int setup(void **state)
{
    struct desk *d = calloc(1, sizeof *d);
    desk_open(d);
    *state = d;
    return 0;
}

static int teardown(void **state)
{
    desk_close(*state);
    free(*state);
    return 0;
}

static void desk_write(struct desk *d, const char *name, const char *text)
{
    char *copy = strdup(text);
    for (char *p = copy; strstr(name, ".json") && *p; p++)
        if (*p == '\'')
            *p = '"';
    put_file(d, name, copy);
    snprintf(d->file, sizeof d->file, "%s/%s", d->folder, name);
    free(copy);
}

static void load(struct desk *d, const char *name, const char *text)
{
    desk_clear(d);
    desk_write(d, name, text);
    d->template = template_load(d->file, &d->conf, &d->problems);
}

/* The problems, a line each, without the file's name. */
static void assert_problems(struct desk *d, const char *expected)
{
    char all[8192] = "";
    for (size_t i = 0; i < d->problems.count; i++) {
        struct str line = problem_text(&d->problems, i);
        assert_true(str_starts(line, d->problems.file));
        line = str_sub(line, d->problems.file.n + 1, line.n);
        snprintf(all + strlen(all), sizeof all - strlen(all), "%.*s\n", STR_ARG(line));
    }
    assert_string_equal(all, expected);
}

static void refuses(struct desk *d, const char *name, const char *text, const char *problems)
{
    load(d, name, text);
    assert_problems(d, problems);
}

static void accepts(struct desk *d, const char *name, const char *text)
{
    refuses(d, name, text, "");
    assert_non_null(d->template);
}

/* The input of a resource's call, with 'single quotes' and without blanks. */
static void assert_call(struct desk *d, const char *id, const char *expected)
{
    cJSON *plan = template_plan(d->template), *step;
    char text[4096] = "(no such step)";
    cJSON_ArrayForEach (step, plan) {
        if (strcmp(text_at(step, "Id"), id) != 0)
            continue;
        char *in = cJSON_PrintUnformatted(at(step, "In"));
        snprintf(text, sizeof text, "%s %s", text_at(step, "Call"), in);
        free(in);
    }
    for (char *p = text; *p; p++)
        if (*p == '"')
            *p = '\'';
    cJSON_Delete(plan);
    assert_string_equal(text, expected);
}

#define HEAD "{'Transform':'AWS::Serverless-2016-10-31','Resources':{\n"
#define TAIL "\n}}"
#define QUEUE "'Q':{'Type':'AWS::SQS::Queue','Properties':{"
#define FUNCTION                                                                                             \
    "'F':{'Type':'AWS::Serverless::Function','Properties':{'Runtime':'lua5.4','Handler':'orders.create',"    \
    "'CodeUri':'code'"

/* --- reading */

static void json_is_read_exactly(void **state)
{
    struct desk *d = *state;
    accepts(d, "t.json",
            "\xef\xbb\xbf{\t'Resources' :\r\n{'Q': {'Type':'AWS::SQS::Queue', 'Properties':\n"
            "{'QueueName':'a\\u0062\\/c', 'DelaySeconds' : 5, "
            "'Tags':[{'Key':'\\ud83d\\ude00','Value':'\\n'}]}}}}");
    assert_call(d, "Q",
                "sqs PutQueue "
                "{'QueueName':'ab/c','Attributes':{'DelaySeconds':'5'},'tags':{'\xf0\x9f\x98\x80':'\\n'}}");
}

static void broken_json_is_named_with_its_line(void **state)
{
    struct desk *d = *state;
    refuses(d, "t.json", "{\n'a': 1,\n}", "3: expected a name in double quotes, found '}'\n");
    refuses(d, "t.json", "{\n'a': 1\n'b': 2}", "3: expected ',' or '}', found '\"'\n");
    refuses(d, "t.json", "{'a': [1, 2", "1: the file ends where ',' or ']' should be\n");
    refuses(d, "t.json", "{'a': 01}", "1: this is not a number as JSON writes it\n");
    refuses(d, "t.json", "{'a': 'x\ny'}",
            "1: a text may not hold a line break or control character: write \\n\n");
    refuses(d, "t.json", "{'a': '\\ud83d'}", "1: bad escape in a text\n");
    refuses(d, "t.json", "{'a': 1,\n 'a': 2}", "2: \"a\" is here twice, first in line 1\n");
    refuses(d, "t.json", "{} x", "1: expected the end of the file, found 'x'\n");
    refuses(d, "t.json", "{'a':\xff}", "1: the file is not UTF-8\n");
}

static void yaml_has_the_short_tags(void **state)
{
    struct desk *d = *state;
    accepts(d, "t.yaml",
            "Parameters:\n"
            "  Name: {Type: String, Default: jobs}\n"
            "Resources:\n"
            "  Dead:\n"
            "    Type: AWS::SQS::Queue\n"
            "  Q:\n"
            "    Type: AWS::SQS::Queue\n"
            "    Properties:\n"
            "      QueueName: !Sub '${Name}-${AWS::Region}'\n"
            "      DelaySeconds: !Select [1, !Split [',', '3,4']]\n"
            "      RedrivePolicy:\n"
            "        deadLetterTargetArn: !GetAtt Dead.Arn\n"
            "        maxReceiveCount: 3\n");
    assert_call(d, "Q",
                "sqs PutQueue {'QueueName':'jobs-us-east-1','Attributes':{'DelaySeconds':'4','RedrivePolicy':"
                "{'@json':[{'deadLetterTargetArn':{'@':'Dead.Arn'},'maxReceiveCount':3}]}}}");
}

static void broken_yaml_is_named_with_its_line(void **state)
{
    struct desk *d = *state;
    refuses(d, "t.yaml", "", "1: the file is empty\n");
    refuses(d, "t.yaml", "- 1\n", "1: a template is a map with Resources\n");
    refuses(d, "t.yaml", "Resources:\n  a: b: c\n", "2: mapping values are not allowed in this context\n");
    refuses(d, "t.yaml", "a: 1\nb: 2\na: 3\n", "3: \"a\" is here twice, first in line 1\n");
    refuses(d, "t.yaml", "a: *b\n", "1: no anchor &b stands before *b\n");
    refuses(
        d, "t.yaml", "a: !Foo 1\nResources:\n  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Foo 1}}\n",
        "1: a: a template has no property of this name\n"
        "3: Resources.Q.Properties.QueueName.Fn::Foo: the function Fn::Foo is not supported by tidepool\n");
}

static void aliases_cannot_grow_without_end(void **state)
{
    struct desk *d = *state;
    char text[4096] = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 12; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1, i - 1, i - 1);
    load(d, "t.yaml", text);
    assert_null(d->template);
    assert_int_equal(d->problems.count, 1);
}

/* --- strictness */

static void every_problem_is_told_at_once(void **state)
{
    struct desk *d = *state;
    refuses(d, "t.json",
            HEAD "'B':{'Type':'AWS::S3::Bucket'},\n" QUEUE "'DelaySeconds':901,\n"
                 "'FifoQueue':true,\n"
                 "'Delay':1,\n"
                 "'VisibilityTimeout':'long'}},\n"
                 "'T':{'Type':'AWS::DynamoDB::Table','Properties':{}}" TAIL,
            "2: Resources.B.Type: AWS::S3::Bucket is not supported by tidepool yet\n"
            "3: Resources.Q.Properties.DelaySeconds: must be between 0 and 900\n"
            "4: Resources.Q.Properties.FifoQueue: FIFO queues are not supported by tidepool yet\n"
            "5: Resources.Q.Properties.Delay: AWS::SQS::Queue has no property of this name\n"
            "6: Resources.Q.Properties.VisibilityTimeout: must be a whole number\n"
            "7: Resources.T.Properties: AttributeDefinitions is required\n"
            "7: Resources.T.Properties: KeySchema is required\n");
    assert_true(problems_stop(&d->problems));
}

static void lenient_warns_of_what_is_not_honoured(void **state)
{
    struct desk *d = *state;
    d->conf.lenient = true;
    load(d, "t.json",
         HEAD "'B':{'Type':'AWS::S3::Bucket'},\n" QUEUE "'FifoQueue':true,'QueueName':{'Ref':'B'}}}" TAIL);
    assert_problems(
        d, "2: warning: Resources.B.Type: AWS::S3::Bucket is not supported by tidepool yet\n"
           "3: warning: Resources.Q.Properties.FifoQueue: FIFO queues are not supported by tidepool yet\n");
    assert_false(problems_stop(&d->problems));
    load(d, "t.json", HEAD QUEUE "'QueueName':{'Ref':'Nobody'}}}" TAIL);
    assert_true(problems_stop(&d->problems));
}

static void references_lead_somewhere(void **state)
{
    struct desk *d = *state;
    refuses(d, "t.json",
            HEAD QUEUE "'QueueName':{'Ref':'Nobody'},\n"
                       "'Tags':[{'Key':'a','Value':{'Fn::GetAtt':['Q','Url']}},\n"
                       "{'Key':'b','Value':{'Fn::Sub':'${Nobody.Arn}'}}]},'DependsOn':['P']}" TAIL,
            "2: Resources.Q.Properties.QueueName.Ref: there is no parameter or resource Nobody\n"
            "3: Resources.Q.Properties.Tags[0].Value.Fn::GetAtt: AWS::SQS::Queue has no attribute Url\n"
            "4: Resources.Q.Properties.Tags[1].Value.Fn::Sub: there is no resource Nobody\n"
            "4: Resources.Q.DependsOn[0]: there is no resource P\n");
}

static void names_are_unique_and_attributes_there(void **state)
{
    struct desk *d = *state;
    refuses(
        d, "t.json",
        HEAD QUEUE
        "'QueueName':'jobs'}},\n"
        "'P':{'Type':'AWS::SQS::Queue','Properties':{'QueueName':'jobs'}},\n"
        "'T':{'Type':'AWS::Serverless::SimpleTable'},'U':{'Type':'AWS::DynamoDB::Table','Properties':{\n"
        "'TableName':{'Fn::GetAtt':['T','StreamArn']},'AttributeDefinitions':[],'KeySchema':[]}}" TAIL,
        "3: Resources.P: has the same name as Q: jobs\n"
        "5: Resources.U.Properties.KeySchema: must be between 1 and 2 elements\n"
        "5: Resources.U.Properties.TableName.Fn::GetAtt: T has no StreamArn without StreamSpecification\n");
}

static void what_joins_two_is_there_once(void **state)
{
    struct desk *d = *state;
    refuses(d, "t.json",
            HEAD
            "'T':{'Type':'AWS::SNS::Topic'},'Q':{'Type':'AWS::SQS::Queue'},\n" FUNCTION
            ",'Events':{'N':{'Type':'SNS','Properties':{'Topic':{'Ref':'T'}}},\n"
            "'A':{'Type':'SQS','Properties':{'Queue':{'Fn::GetAtt':['Q','Arn']}}},\n"
            "'B':{'Type':'SQS','Properties':{'Queue':{'Fn::GetAtt':['Q','Arn']},'BatchSize':1}}}}},\n"
            "'S':{'Type':'AWS::SNS::Subscription','Properties':{'TopicArn':{'Ref':'T'},'Protocol':'lambda',\n"
            "'Endpoint':{'Fn::GetAtt':['F','Arn']},'FilterPolicy':{'a':['b']}}},\n"
            "'O':{'Type':'AWS::SNS::Subscription','Properties':{'TopicArn':{'Ref':'T'},'Protocol':'sqs',\n"
            "'Endpoint':{'Fn::GetAtt':['Q','Arn']}}}" TAIL,
            "3: Resources.F.Properties.Events.N: joins the same two as S\n"
            "5: Resources.F.Properties.Events.B: joins the same two as FA\n");
}

static void circles_are_named(void **state)
{
    struct desk *d = *state;
    refuses(d, "t.json",
            HEAD "'A':{'Type':'AWS::SNS::Topic','Properties':{'DisplayName':{'Fn::GetAtt':['B','Arn']}}},\n"
                 "'B':{'Type':'AWS::SQS::Queue','DependsOn':'C'},\n"
                 "'C':{'Type':'AWS::SQS::Queue','Properties':{'QueueName':{'Ref':'A'}}}" TAIL,
            "2: Resources.A: these need each other: A <- C <- B <- A\n");
}

static void handlers_and_code_must_be_there(void **state)
{
    struct desk *d = *state;
    accepts(d, "t.json", HEAD FUNCTION "}}" TAIL);
    refuses(d, "t.json",
            HEAD "'F':{'Type':'AWS::Serverless::Function','Properties':{'Runtime':'nodejs20.x',\n"
                 "'Handler':'missing.create',\n'CodeUri':'code'}},\n"
                 "'G':{'Type':'AWS::Serverless::Function','Properties':{'Runtime':'lua5.4','Handler':'a.b',\n"
                 "'CodeUri':'nowhere'}}" TAIL,
            "2: Resources.F.Properties.Runtime: nodejs20.x is not supported by tidepool: Lua functions say "
            "provided.al2023 or lua5.4\n"
            "3: Resources.F.Properties.Handler: there is no file missing.lua in the function's CodeUri\n"
            "6: Resources.G.Properties.CodeUri: there is no folder nowhere\n");
}

/* --- names and functions */

static void parameters_have_rules(void **state)
{
    struct desk *d = *state;
#define PARAMETER(rules) "{'Parameters':{'P':{" rules "}},\n'Resources':{" QUEUE "'QueueName':{'Ref':'P'}}}}}"
    accepts(d, "t.json",
            PARAMETER("'Type':'String','Default':'abc','AllowedPattern':'[a-z\\\\d]+','MaxLength':3"));
    refuses(d, "t.json", PARAMETER("'Type':'String'"),
            "1: Parameters.P: has no Default: give it with --parameter P=...\n");
    refuses(d, "t.json", PARAMETER("'Type':'String','Default':'b','AllowedValues':['a','c']"),
            "1: Parameters.P: parameter P must be one of AllowedValues, not \"b\"\n");
    refuses(d, "t.json", PARAMETER("'Type':'String','Default':'a-b','AllowedPattern':'\\\\w+'"),
            "1: Parameters.P: parameter P must match pattern \\w+\n");
    refuses(d, "t.json", PARAMETER("'Type':'Number','Default':7,'MaxValue':5"),
            "1: Parameters.P: parameter P must be at most 5\n");
    map_put(&d->conf.parameters, STR("P"), strdup("given"));
    map_put(&d->conf.parameters, STR("X"), strdup("1"));
    refuses(d, "t.json", PARAMETER("'Type':'String'"),
            "1: --parameter X: the template has no such parameter\n");
}

static void conditions_choose(void **state)
{
    struct desk *d = *state;
    static const char text[] =
        "{'Parameters':{'Stage':{'Type':'String','Default':'dev'}},\n"
        "'Mappings':{'Delay':{'dev':{'s':1},'prod':{'s':9}}},\n"
        "'Conditions':{'Prod':{'Fn::Equals':[{'Ref':'Stage'},'prod']},'Dev':{'Fn::Not':[{'Condition':'Prod'}]"
        "},\n"
        "'Both':{'Fn::And':[{'Condition':'Prod'},{'Condition':'Dev'}]}},\n"
        "'Resources':{" QUEUE "'DelaySeconds':{'Fn::FindInMap':['Delay',{'Ref':'Stage'},'s']},\n"
        "'VisibilityTimeout':{'Fn::If':['Prod',60,{'Ref':'AWS::NoValue'}]}}},\n"
        "'Only':{'Type':'AWS::SQS::Queue','Condition':'Prod'}}}";
    accepts(d, "t.json", text);
    assert_call(d, "Q", "sqs PutQueue {'QueueName':'tidepool-Q','Attributes':{'DelaySeconds':'1'}}");
    assert_call(d, "Only", "(no such step)");
    map_put(&d->conf.parameters, STR("Stage"), strdup("prod"));
    accepts(d, "t.json", text);
    assert_call(
        d, "Q",
        "sqs PutQueue {'QueueName':'tidepool-Q','Attributes':{'DelaySeconds':'9','VisibilityTimeout':'60'}}");
    assert_call(d, "Only", "sqs PutQueue {'QueueName':'tidepool-Only','Attributes':{}}");
}

static void a_reference_to_what_is_left_out_is_broken(void **state)
{
    struct desk *d = *state;
    refuses(d, "t.json",
            "{'Conditions':{'No':{'Fn::Equals':['a','b']},'Me':{'Fn::Not':[{'Condition':'Me'}]}},\n"
            "'Resources':{'X':{'Type':'AWS::SQS::Queue','Condition':'No'},\n" QUEUE
            "'QueueName':{'Fn::GetAtt':['X','QueueName']},\n"
            "'Tags':[{'Key':'a','Value':{'Fn::If':['No',{'Ref':'X'},'b']}}]}}}}",
            "1: Conditions.Me.Fn::Not[0].Condition: the condition Me asks for itself\n"
            "3: Resources.Q.Properties.QueueName.Fn::GetAtt: X is not there: its Condition is false\n");
}

/* --- expansion */

static void events_become_routes_mappings_and_rules(void **state)
{
    struct desk *d = *state;
    accepts(
        d, "t.json",
        "{'Transform':'AWS::Serverless-2016-10-31','Globals':{'Api':{'Cors':'\\u0027*\\u0027'}},'Resources':{"
        "\n" FUNCTION ",'Events':{\n"
        "'A':{'Type':'Api','Properties':{'Path':'/a','Method':'get'}},\n"
        "'H':{'Type':'HttpApi'},\n"
        "'D':{'Type':'DynamoDB','Properties':{'Stream':{'Fn::GetAtt':['T','StreamArn']},'StartingPosition':'"
        "LATEST'}},\n"
        "'Q':{'Type':'SQS','Properties':{'Queue':'arn:aws:sqs:us-east-1:000000000000:jobs','BatchSize':5}},\n"
        "'N':{'Type':'SNS','Properties':{'Topic':{'Ref':'Topic'},'FilterPolicy':{'a':['b']}}},\n"
        "'S':{'Type':'Schedule','Properties':{'Schedule':'rate(1 hour)','Enabled':false}}}}},\n"
        "'T':{'Type':'AWS::DynamoDB::Table','Properties':{'KeySchema':[{'AttributeName':'id','KeyType':'HASH'"
        "}],\n"
        "'AttributeDefinitions':[{'AttributeName':'id','AttributeType':'S'}],\n"
        "'StreamSpecification':{'StreamViewType':'NEW_IMAGE'}}},\n"
        "'Topic':{'Type':'AWS::SNS::Topic'}" TAIL);
    assert_call(
        d, "ServerlessRestApi",
        "apigateway PutApi "
        "{'LogicalId':'ServerlessRestApi','Name':'tidepool','Kind':'REST','Stage':'Prod','Port':0,"
        "'Cors':{'AllowOrigin':''*''},'Routes':[{'Method':'GET','Path':'/a','FunctionArn':{'@':'F.Arn'},"
        "'PayloadFormat':'1.0','ApiKeyRequired':false}]}");
    assert_call(d, "ServerlessHttpApi",
                "apigateway PutApi "
                "{'LogicalId':'ServerlessHttpApi','Name':'tidepool','Kind':'HTTP','Stage':'$default',"
                "'Port':1,'Routes':[{'Method':'ANY','Path':'$default','FunctionArn':{'@':'F.Arn'},'"
                "PayloadFormat':'2.0',"
                "'ApiKeyRequired':false}]}");
    assert_call(d, "FD",
                "lambda PutEventSourceMapping {'FunctionName':{'@':'F'},'EventSourceArn':{'@':'T.StreamArn'},"
                "'StartingPosition':'LATEST'}");
    assert_call(d, "FQ",
                "lambda PutEventSourceMapping {'FunctionName':{'@':'F'},"
                "'EventSourceArn':'arn:aws:sqs:us-east-1:000000000000:jobs','BatchSize':5}");
    assert_call(d, "FN",
                "sns PutSubscription {'TopicArn':{'@':'Topic'},'Protocol':'lambda','Endpoint':{'@':'F.Arn'},"
                "'Attributes':{'FilterPolicy':'{\\'a\\':[\\'b\\']}'}}");
    assert_call(
        d, "FS",
        "events PutRule {'Name':'tidepool-FS','ScheduleExpression':'rate(1 hour)','State':'DISABLED'}");
    assert_call(
        d, "FS.FSLambdaTarget",
        "events PutTargets {'Rule':{'@':'FS'},'Targets':[{'Id':'FSLambdaTarget','Arn':{'@':'F.Arn'}}]}");
    assert_call(
        d, "T",
        "dynamodb PutTable {'TableName':'tidepool-T','AttributeDefinitions':[{'AttributeName':'id',"
        "'AttributeType':'S'}],'KeySchema':[{'AttributeName':'id','KeyType':'HASH'}],'StreamSpecification':"
        "{'StreamViewType':'NEW_IMAGE','StreamEnabled':true}}");
}

static void an_api_brings_its_key_and_plan(void **state)
{
    struct desk *d = *state;
    accepts(d, "t.json",
            HEAD "'Api':{'Type':'AWS::Serverless::Api','Properties':{'StageName':'v1','Name':'shop','Auth':{"
                 "'ApiKeyRequired':true,'UsagePlan':{'CreateUsagePlan':'PER_API','Quota':{'Limit':9,'Period':"
                 "'DAY'}}},\n"
                 "'Cors':{'AllowOrigin':'x'},'MethodSettings':[{'ResourcePath':'/*','HttpMethod':'*',"
                 "'ThrottlingRateLimit':10,'ThrottlingBurstLimit':5}]}},\n" FUNCTION ",'Events':{\n"
                 "'A':{'Type':'Api','Properties':{'Path':'/a','Method':'any','RestApiId':{'Ref':'Api'}}},\n"
                 "'B':{'Type':'Api','Properties':{'Path':'/b','Method':'POST','RestApiId':{'Ref':'Api'},"
                 "'Auth':{'ApiKeyRequired':false}}}}}},\n"
                 "'P':{'Type':'AWS::ApiGateway::UsagePlan','Properties':{'ApiStages':[{'ApiId':{'Ref':'Api'},"
                 "'Stage':{'Ref':'Api.Stage'}}]}}" TAIL);
    assert_call(d, "Api",
                "apigateway PutApi {'LogicalId':'Api','Name':'shop','Kind':'REST','Stage':'v1','Port':0,"
                "'Throttle':{'RateLimit':10,'BurstLimit':5},'Cors':{'AllowOrigin':'x','ApiKeyRequired':true},"
                "'Routes':["
                "{'Method':'ANY','Path':'/"
                "a','FunctionArn':{'@':'F.Arn'},'PayloadFormat':'1.0','ApiKeyRequired':true},"
                "{'Method':'POST','Path':'/"
                "b','FunctionArn':{'@':'F.Arn'},'PayloadFormat':'1.0','ApiKeyRequired':false}]}");
    assert_call(
        d, "ApiUsagePlan",
        "apigateway PutUsagePlan {'LogicalId':'ApiUsagePlan','Name':'tidepool-ApiUsagePlan','ApiStages':["
        "{'ApiId':{'@':'Api'},'Stage':'v1'}],'Quota':{'Limit':9,'Period':'DAY'}}");
    assert_call(d, "ApiApiKey",
                "apigateway PutApiKey {'LogicalId':'ApiApiKey','Name':'tidepool-ApiApiKey','Enabled':true}");
    assert_call(d, "ApiUsagePlanKey",
                "apigateway PutUsagePlanKey {'UsagePlanId':{'@':'ApiUsagePlan'},'KeyId':{'@':'ApiApiKey'},"
                "'KeyType':'API_KEY'}");
    assert_call(
        d, "P",
        "apigateway PutUsagePlan {'LogicalId':'P','Name':'tidepool-P','ApiStages':[{'ApiId':{'@':'Api'},"
        "'Stage':{'@':'Api.Stage'}}]}");
}

static void globals_are_merged(void **state)
{
    struct desk *d = *state;
    accepts(d, "t.json",
            "{'Transform':'AWS::Serverless-2016-10-31','Globals':{'Function':{'Runtime':'lua5.4','Timeout':5,"
            "'CodeUri':'code',\n"
            "'Environment':{'Variables':{'A':'global','B':1}},'Tags':{'x':'y'}}},'Resources':{\n"
            "'F':{'Type':'AWS::Serverless::Function','Properties':{'Handler':'h','InlineCode':'return "
            "print','Timeout':9,\n"
            "'Role':'r','Environment':{'Variables':{'A':'own'}}}}" TAIL);
    assert_call(
        d, "F",
        "lambda PutFunction {'FunctionName':'tidepool-F','Runtime':'lua5.4','Handler':'h','Timeout':9,"
        "'Environment':{'Variables':{'A':'own','B':'1'}},'Role':'r','Tags':{'x':'y'},"
        "'InlineCode':'return print'}");
    refuses(d, "t.json",
            "{'Transform':'AWS::Serverless-2016-10-31','Globals':{'Function':{'FunctionName':'f',\n'Layers':["
            "]},\n"
            "'StateMachine':{}},'Resources':{" QUEUE "}}}}",
            "1: Globals.Function.FunctionName: cannot stand in Globals\n"
            "2: Globals.Function.Layers: is not supported by tidepool yet\n"
            "3: Globals.StateMachine: Globals for StateMachine are not supported by tidepool yet\n");
}

static void routes_are_checked(void **state)
{
    struct desk *d = *state;
    refuses(d, "t.json",
            HEAD FUNCTION ",'Events':{'A':{'Type':'Api','Properties':{'Path':'a','Method':'get'}},\n"
                          "'B':{'Type':'Api','Properties':{'Path':'a','Method':'GET'}},\n"
                          "'C':{'Type':'Api','Properties':{'Path':'/c','Method':'FETCH'}},\n"
                          "'D':{'Type':'Api','Properties':{'Path':'/c','Method':'get','RestApiId':'abc'}},\n"
                          "'E':{'Type':'ScheduleV2','Properties':{}},\n"
                          "'G':{'Type':'HttpApi','Properties':{'Path':'/c'}}}}}" TAIL,
            "2: Resources.F.Properties.Events.A.Properties.Path: a path begins with /\n"
            "3: Resources.F.Properties.Events.B.Properties.Path: a path begins with /\n"
            "3: Resources.F.Properties.Events.B: GET a is defined twice in ServerlessRestApi\n"
            "4: Resources.F.Properties.Events.C.Properties.Method: is not a method: GET, POST, PUT, PATCH, "
            "DELETE, HEAD, "
            "OPTIONS or ANY\n"
            "5: Resources.F.Properties.Events.D.Properties.RestApiId: must be a Ref to an "
            "AWS::Serverless::Api of this "
            "template\n"
            "6: Resources.F.Properties.Events.E.Type: events of type ScheduleV2 are not supported by "
            "tidepool yet\n"
            "7: Resources.F.Properties.Events.G: Path and Method go together; without both it is the "
            "$default route\n");
}

static void paths_are_checked_where_they_are_written(void **state)
{
    struct desk *d = *state;
    refuses(
        d, "t.json",
        HEAD FUNCTION ",'Events':{'A':{'Type':'Api','Properties':{'Path':'/a/{p+}/x','Method':'get'}},\n"
                      "'B':{'Type':'Api','Properties':{'Path':'/b/x{id}','Method':'get'}},\n"
                      "'C':{'Type':'Api','Properties':{'Path':'/c/{id}','Method':'get'}},\n"
                      "'D':{'Type':'Api','Properties':{'Path':'/c/{name}/d','Method':'get'}},\n"
                      "'E':{'Type':'Api','Properties':{'Path':'/c/{p+}','Method':'get'}},\n"
                      "'G':{'Type':'Api','Properties':{'Path':'/c/','Method':'get'}},\n"
                      "'H':{'Type':'Api','Properties':{'Path':'/{}','Method':'get'}},\n"
                      "'I':{'Type':'HttpApi','Properties':{'Path':'/c/','Method':'get'}},\n"
                      "'J':{'Type':'HttpApi','Properties':{'Path':'/c/{id','Method':'get'}}}}}" TAIL,
        "2: Resources.F.Properties.Events.A.Properties.Path: a greedy parameter must be the last segment\n"
        "3: Resources.F.Properties.Events.B.Properties.Path: a parameter must fill its segment\n"
        "5: Resources.F.Properties.Events.D.Properties.Path: another name of a parameter than in /c/{id}, at "
        "the same place\n"
        "7: Resources.F.Properties.Events.G.Properties.Path: a path of a REST API has no empty segment and "
        "ends without /\n"
        "8: Resources.F.Properties.Events.H.Properties.Path: a parameter needs a name\n"
        "10: Resources.F.Properties.Events.J.Properties.Path: a parameter must fill its segment\n");
}

/* What CloudFormation or SAM would do with these, tidepool does not: so it says so. */
static void what_others_would_fill_in_is_refused(void **state)
{
    struct desk *d = *state;
    refuses(
        d, "t.json",
        HEAD FUNCTION ",'Description':'{{resolve:ssm:/a}}',\n"
                      "'Environment':{'Variables':{'A':{'Fn::Sub':'x{{resolve:ssm:/b}}'}}}}},\n"
                      "'Api':{'Type':'AWS::Serverless::Api','Properties':{'StageName':'a',\n"
                      "'Cors':{'AllowOrigin':'\\u0027*\\u0027','AllowCredentials':true}}},\n"
                      "'Fn::ForEach::Many':['X',['a'],{}]},\n"
                      "'Outputs':{'O':{'Value':{'Fn::ImportValue':'x'}}" TAIL,
        "2: Resources.F.Properties.Description: {{resolve:...}} is not supported by tidepool: use a "
        "parameter\n"
        "3: Resources.F.Properties.Environment.Variables.A.Fn::Sub: {{resolve:...}} is not supported by "
        "tidepool: use a parameter\n"
        "5: Resources.Api.Properties.Cors: AllowCredentials needs an AllowOrigin that is not '*'\n"
        "6: Resources.Fn::ForEach::Many: Fn::ForEach is not supported by tidepool\n"
        "7: Outputs.O.Value.Fn::ImportValue: the function Fn::ImportValue is not supported by tidepool\n");
}

/* --- the README's table */

static void assert_told(const char *section, const char *name)
{
    char quoted[256];
    snprintf(quoted, sizeof quoted, "`%s`", name);
    if (!strstr(section, quoted))
        fail_msg("runtime/template/README.md does not tell of %s", quoted);
}

static void the_readme_tells_every_property(void **state)
{
    static char text[64 * 1024], section[16 * 1024];
    (void)state;
    FILE *f = fopen("runtime/template/README.md", "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    for (size_t i = 0; type_rows[i]; i++) {
        char title[128];
        if (!strstr(type_rows[i]->name, "::"))
            continue; /* made by expansion only */
        snprintf(title, sizeof title, "**%s**", type_rows[i]->name);
        const char *begin = strstr(text, title);
        assert_non_null(begin);
        const char *end = strstr(begin + 2 + strlen(title), "\n**"), *kept = strstr(begin, "\n- **");
        end = end && (!kept || end < kept) ? end : kept ? kept : begin + strlen(begin);
        str_copy(str_n(begin, (size_t)(end - begin)), section, sizeof section);
        for (const struct prop_row *row = type_rows[i]->props; row->name; row++)
            assert_told(section, row->name);
    }
}

/* --- deploying, to rooms that only write down what they hear */

static char heard[8192];

static enum op_end hear(struct call *c, const void *input)
{
    (void)input;
    char *in = cJSON_PrintUnformatted(c->in);
    snprintf(heard + strlen(heard), sizeof heard - strlen(heard), "%s %s\n", c->op->name, in);
    free(in);
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(c->in, "QueueName"));
    static const struct fault refused_name = {.code = "InvalidParameterValue", .http = 400};
    if (name && strcmp(name, "bad") == 0)
        return call_fail(c, &refused_name, "no such name");
    if (name) {
        cJSON_AddStringToObject(call_out(c), "QueueName", name);
        cJSON_AddStringToObject(call_out(c), "QueueUrl", "http://queue");
        cJSON_AddStringToObject(call_out(c), "QueueArn", "arn:aws:sqs:us-east-1:000000000000:q");
        if (store_put(c->txn, str_z(name), STR("here")) != RC_OK)
            return call_broke(c, RC_IO);
    }
    name = cJSON_GetStringValue(cJSON_GetObjectItem(c->in, "FunctionName"));
    if (name) {
        cJSON_AddStringToObject(call_out(c), "FunctionName", name);
        cJSON_AddStringToObject(call_out(c), "FunctionArn", "arn:function");
        cJSON_AddStringToObject(call_out(c), "UUID", "mapping-1");
    }
    return OP_DONE;
}

/* Lua that says "functoin" does not compile. */
static enum op_end check_code(struct call *c, const void *input)
{
    (void)input;
    cJSON *problems = cJSON_AddArrayToObject(call_out(c), "Problems");
    const cJSON *file;
    cJSON_ArrayForEach (file, at(c->in, "Files"))
        if (strstr(text_at(file, "Text"), "functoin"))
            cJSON_AddItemToArray(problems, cJSON_Duplicate(at(file, "Name"), false));
    return OP_DONE;
}

static const struct op_row put_queue = {.name = "PutQueue", .run = hear};
static const struct op_row *const queue_ops[] = {&put_queue, NULL};
static const struct service queues = {.name = "sqs", .ops = queue_ops};
static const struct op_row put_function = {.name = "PutFunction", .run = hear},
                           check = {.name = "CheckCode", .run = check_code},
                           delete_function = {.name = "DeleteFunction", .run = hear},
                           put_mapping = {.name = "PutEventSourceMapping", .run = hear},
                           delete_mapping = {.name = "DeleteEventSourceMapping", .run = hear};
static const struct op_row *const function_ops[] = {&check,       &put_function,   &delete_function,
                                                    &put_mapping, &delete_mapping, NULL};
static const struct service functions = {.name = "lambda", .ops = function_ops};
static const struct service *const services[] = {&queues, &functions, &template_service, NULL};

static struct call *last;

static void ended(struct call *c)
{
    if (last)
        call_free(last);
    last = c;
}

/* Loads without problems and deploys; the answer or fault is in `last`. */
static void deploy(struct desk *d, struct room *r, const char *text)
{
    accepts(d, "t.json", text);
    heard[0] = 0;
    template_deploy(r->world, d->template, ended, NULL);
    d->template = NULL;
    turn_run(r->world->turn);
    assert_non_null(last);
}

static void assert_list(const char *name, const char *expected)
{
    char *text = cJSON_PrintUnformatted(at(last->out, name));
    for (char *p = text; *p; p++)
        if (*p == '"')
            *p = '\'';
    assert_string_equal(text, expected);
    free(text);
}

#define SHOP(queue_name, more)                                                                               \
    "{'Transform':'AWS::Serverless-2016-10-31','Resources':{" more QUEUE "'QueueName':'" queue_name          \
    "'}},\n" FUNCTION                                                                                        \
    ",'Role':'r','Events':{'E':{'Type':'SQS','Properties':{'Queue':{'Fn::GetAtt':['Q','Arn']}}}}}}},\n"      \
    "'Outputs':{'Url':{'Value':{'Fn::Sub':'at ${Q}'},'Description':'where'}}}"

static void a_plan_is_made_in_order_and_remembered(void **state)
{
    struct desk *d = *state;
    struct room r;
    room_open(&r, services);
    deploy(d, &r, SHOP("jobs", ""));
    assert_null(last->fault);
    assert_non_null(strstr(heard, "PutQueue {\"QueueName\":\"jobs\",\"Attributes\":{}}\nPutFunction {"));
    assert_non_null(strstr(heard, "PutEventSourceMapping {\"FunctionName\":\"tidepool-F\",\"EventSourceArn\":"
                                  "\"arn:aws:sqs:us-east-1:000000000000:q\"}\n"));
    assert_list("Outputs", "[{'Value':'at http://queue','Description':'where','Key':'Url'}]");
    assert_list("Functions", "[{'Id':'F','Name':'tidepool-F','Triggers':['queue Q']}]");
    assert_list("Made", "['Q','F','FE']");

    deploy(d, &r, SHOP("jobs", "")); /* again: nothing is new */
    assert_list("Made", "[]");
    assert_list("Changed", "[]");

    put_file(d, "code/orders.lua", "return { create = 1 }");
    deploy(d, &r, SHOP("jobs", ""));
    assert_list("Changed", "['F']");

    /* as a reset does: all is gone, and the template that is deployed is deployed again */
    store_wipe(r.world->store, STR(""));
    assert_int_equal(count_at(ask(&r, "template", "Deploy", "{}"), "Made"), 3);
    call_free(last), last = NULL;
    room_close(&r);
}

static void a_fault_undoes_everything(void **state)
{
    struct desk *d = *state;
    struct room r;
    room_open(&r, services);
    deploy(d, &r, SHOP("jobs", ""));
    const struct template *before = template_current(r.world);
    deploy(d, &r, SHOP("bad", "'First':{'Type':'AWS::SQS::Queue','Properties':{'QueueName':'first'}},\n"));
    assert_non_null(last->fault);
    assert_non_null(strstr(last->fault_text.p, "t.json:2: Resources.Q: InvalidParameterValue: no such name"));
    assert_int_equal(store_get(r.world->store, STR("first"), NULL), RC_NONE);
    assert_ptr_equal(template_current(r.world), before);
    call_free(last), last = NULL;
    room_close(&r);
}

static void code_that_does_not_compile_refuses_an_edit(void **state)
{
    struct desk *d = *state;
    struct room r;
    room_open(&r, services);
    put_file(d, "code/old.lua", "functoin");
    deploy(d, &r, SHOP("jobs", "")); /* a start serves all the same; whoever invokes it hears */
    assert_null(last->fault);
    put_file(d, "code/orders.lua", "return 2");
    deploy(d, &r, SHOP("jobs", "")); /* an edit is not to blame for what was broken before */
    assert_null(last->fault);
    put_file(d, "code/orders.lua", "return functoin");
    deploy(d, &r, SHOP("jobs", ""));
    assert_non_null(last->fault);
    assert_string_equal(last->fault_text.p, "code/orders.lua");
    call_free(last), last = NULL;
    room_close(&r);
}

static void functions_run_from_a_copy(void **state)
{
    struct desk *d = *state;
    struct store *store;
    struct conf conf;
    char data[80], copy[256];
    assert_int_equal(store_open(&store, NULL, 0, NULL), RC_OK);
    snprintf(data, sizeof data, "%s/data", d->folder);
    conf_init(&conf);
    conf.data = data;
    struct room r = {
        .world = world_new(&(struct world_setup){.store = store, .conf = &conf, .services = services})};
    put_file(d, "code/orders.lua", "return 1");
    deploy(d, &r, SHOP("jobs", ""));
    assert_null(last->fault);
    const char *folder = strstr(heard, "CodeFolder\":\"") + strlen("CodeFolder\":\"");
    snprintf(copy, sizeof copy, "%.*s/orders.lua", (int)strcspn(folder, "\""), folder);
    assert_int_equal(strncmp(copy, data, strlen(data)), 0);
    put_file(d, "code/orders.lua", "return 2");
    FILE *f = fopen(copy, "r");
    assert_non_null(f);
    char text[32] = "";
    assert_non_null(fgets(text, sizeof text, f));
    fclose(f);
    assert_string_equal(text, "return 1");
    call_free(last), last = NULL;
    room_close(&r);
    conf_release(&conf);
}

static void what_left_is_removed_but_state_stays(void **state)
{
    struct desk *d = *state;
    struct room r;
    room_open(&r, services);
    deploy(d, &r, SHOP("jobs", ""));
    deploy(d, &r, "{'Resources':{'Other':{'Type':'AWS::SQS::Queue'}}}");
    assert_null(last->fault);
    assert_string_equal(heard, "PutQueue {\"QueueName\":\"tidepool-Other\",\"Attributes\":{}}\n"
                               "DeleteEventSourceMapping {\"UUID\":\"mapping-1\"}\n"
                               "DeleteFunction {\"FunctionName\":\"tidepool-F\"}\n");
    assert_list("Removed", "['FE','F']");
    assert_list("Kept", "[{'Id':'Q','Type':'AWS::SQS::Queue','Name':'jobs'}]");
    deploy(d, &r, "{'Resources':{'Other':{'Type':'AWS::SQS::Queue'}}}");
    assert_list("Kept", "[]");
    call_free(last), last = NULL;
    room_close(&r);
}

static void a_renamed_resource_is_not_removed_twice(void **state)
{
    struct desk *d = *state;
    struct room r;
    room_open(&r, services);
#define NAMED(id, name)                                                                                      \
    "{'Transform':'AWS::Serverless-2016-10-31','Resources':{'" id                                            \
    "':{'Type':'AWS::Serverless::Function','Properties':{"                                                   \
    "'Runtime':'lua5.4','Handler':'h','InlineCode':'x','Role':'r','FunctionName':'" name "'}}}}"
    deploy(d, &r, NAMED("One", "f"));
    deploy(d, &r, NAMED("Two", "f")); /* another logical id, the same function */
    assert_null(strstr(heard, "DeleteFunction"));
    deploy(d, &r, NAMED("Two", "g")); /* the same id, another function */
    assert_non_null(strstr(heard, "DeleteFunction {\"FunctionName\":\"f\"}"));
    call_free(last), last = NULL;
    room_close(&r);
}

/* --- watching */

struct seen {
    int deployed, refused;
    char text[512];
};

static void on_deployed(void *arg, const cJSON *answer)
{
    struct seen *s = arg;
    (void)answer;
    s->deployed++;
}

static void on_refused(void *arg, struct problems *problems, struct str fault)
{
    struct seen *s = arg;
    struct str text = problems->count ? problem_text(problems, 0) : fault;
    str_copy(text, s->text, sizeof s->text);
    s->refused++;
}

static void wait_for(struct loop *loop, const int *counter, int value)
{
    int64_t began = clock_mono_us();
    while (*counter < value && clock_mono_us() - began < 120000000)
        loop_once(loop, 5);
    assert_int_equal(*counter, value);
}

static void edits_take_effect(void **state)
{
    static const struct template_watch_events events = {on_deployed, on_refused};
    struct desk *d = *state;
    struct store *store;
    struct loop *loop = loop_new();
    struct seen seen = {0, 0, ""};
    assert_int_equal(store_open(&store, NULL, 0, NULL), RC_OK);
    struct world *w =
        world_new(&(struct world_setup){.loop = loop, .store = store, .services = services, .seed = 7});
    accepts(d, "t.json", SHOP("jobs", ""));
    template_deploy(w, d->template, ended, NULL);
    d->template = NULL;
    while (!last)
        loop_once(loop, 5);
    struct template_watch *watch = template_watch_new(w, &d->conf, &events, &seen);
    for (int i = 0; i < 6; i++)
        loop_once(loop, 10);
    assert_int_equal(seen.deployed + seen.refused, 0); /* nothing was edited */

    put_file(d, "code/orders.lua", "return { create = 2 }");
    wait_for(loop, &seen.deployed, 1);
    desk_write(d, "t.json", SHOP("bad", ""));
    wait_for(loop, &seen.refused, 1);
    assert_non_null(strstr(seen.text, "no such name"));
    desk_write(d, "t.json", "{");
    wait_for(loop, &seen.refused, 2);
    desk_write(d, "next.json", SHOP("jobs", "")); /* put right, as editors do that write by rename */
    char to[128];
    snprintf(to, sizeof to, "%s/t.json", d->folder);
    assert_int_equal(rename(d->file, to), 0);
    wait_for(loop, &seen.deployed, 2);

    char sub[128];
    snprintf(sub, sizeof sub, "%s/code/lib", d->folder);
    mkdir(sub, 0700);
    for (int i = 0; i < 6; i++)
        loop_once(loop, 10);
    put_file(d, "code/lib/new.lua", "return 1");
    wait_for(loop, &seen.deployed, 3);

    template_watch_free(watch);
    call_free(last), last = NULL;
    world_free(w);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(json_is_read_exactly),
        T(broken_json_is_named_with_its_line),
        T(yaml_has_the_short_tags),
        T(broken_yaml_is_named_with_its_line),
        T(aliases_cannot_grow_without_end),
        T(every_problem_is_told_at_once),
        T(lenient_warns_of_what_is_not_honoured),
        T(references_lead_somewhere),
        T(names_are_unique_and_attributes_there),
        T(what_joins_two_is_there_once),
        T(circles_are_named),
        T(handlers_and_code_must_be_there),
        T(parameters_have_rules),
        T(conditions_choose),
        T(a_reference_to_what_is_left_out_is_broken),
        T(events_become_routes_mappings_and_rules),
        T(an_api_brings_its_key_and_plan),
        T(globals_are_merged),
        T(routes_are_checked),
        T(paths_are_checked_where_they_are_written),
        T(what_others_would_fill_in_is_refused),
        T(the_readme_tells_every_property),
        T(a_plan_is_made_in_order_and_remembered),
        T(a_fault_undoes_everything),
        T(code_that_does_not_compile_refuses_an_edit),
        T(functions_run_from_a_copy),
        T(what_left_is_removed_but_state_stays),
        T(a_renamed_resource_is_not_removed_twice),
        T(edits_take_effect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
