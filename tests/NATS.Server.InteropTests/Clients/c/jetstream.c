// What a program does with the C client and JetStream: jetstream SCENARIO PORT prints what it saw, one line per observation.
// Run against the reference and against our server; both outputs must be equal. Nothing that differs between two runs is printed.
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND 1000000000LL

static const char *port;
static natsConnection *nc;
static jsCtx *js;

static void check(natsStatus status, const char *what)
{
    if (status == NATS_OK) return;
    printf("%s: %s\n", what, natsStatus_GetText(status));
    nats_PrintLastErrorStack(stdout);
    exit(1);
}

// A call that may fail: its status, the server's error code and the server's text.
static void print_outcome(const char *what, natsStatus status, jsErrCode code)
{
    const char *text = status == NATS_ERR ? nats_GetLastError(NULL) : "";
    printf("%s: %s %d %s\n", what, natsStatus_GetText(status), code, text == NULL ? "" : text);
}

// For a call that fills the variable called code.
#define OUTCOME(what, call) do { natsStatus outcome = (call); print_outcome(what, outcome, code); code = 0; } while (0)

static void open_connection(void)
{
    char url[100];
    natsOptions *options = NULL;
    snprintf(url, sizeof url, "nats://127.0.0.1:%s", port);
    check(natsOptions_Create(&options), "options");
    check(natsOptions_SetURL(options, url), "url");
    check(natsOptions_SetAllowReconnect(options, false), "no reconnect");
    check(natsConnection_Connect(&nc, options), "connect");
    natsOptions_Destroy(options);
    check(natsConnection_JetStream(&js, nc, NULL), "context");
}

static void print_state(const char *what, const jsStreamInfo *info)
{
    printf("%s: %s msgs %llu bytes %llu first %llu last %llu subjects %lld deleted %llu consumers %lld\n", what, info->Config->Name,
           (unsigned long long)info->State.Msgs, (unsigned long long)info->State.Bytes, (unsigned long long)info->State.FirstSeq,
           (unsigned long long)info->State.LastSeq, (long long)info->State.NumSubjects, (unsigned long long)info->State.NumDeleted,
           (long long)info->State.Consumers);
}

static void show_stream(const char *name)
{
    jsStreamInfo *info = NULL;
    jsErrCode code = 0;
    natsStatus status = js_GetStreamInfo(&info, js, name, NULL, &code);
    if (status != NATS_OK)
    {
        print_outcome("stream", status, code);
        return;
    }

    print_state("stream", info);
    jsStreamInfo_Destroy(info);
}

static void print_consumer(const jsConsumerInfo *info)
{
    printf("consumer %s of %s: delivered %llu/%llu floor %llu/%llu unacknowledged %lld redelivered %lld waiting %lld pending %llu bound %d\n", info->Name, info->Stream,
           (unsigned long long)info->Delivered.Consumer, (unsigned long long)info->Delivered.Stream, (unsigned long long)info->AckFloor.Consumer,
           (unsigned long long)info->AckFloor.Stream, (long long)info->NumAckPending, (long long)info->NumRedelivered, (long long)info->NumWaiting,
           (unsigned long long)info->NumPending, info->PushBound);
}

static void show_consumer(const char *stream, const char *name)
{
    jsConsumerInfo *info = NULL;
    jsErrCode code = 0;
    natsStatus status = js_GetConsumerInfo(&info, js, stream, name, NULL, &code);
    if (status != NATS_OK)
    {
        print_outcome("consumer", status, code);
        return;
    }

    print_consumer(info);
    jsConsumerInfo_Destroy(info);
}

static void add_stream(const char *name, const char *subject)
{
    jsStreamConfig config;
    jsErrCode code = 0;
    const char *subjects[] = {subject};
    check(jsStreamConfig_Init(&config), "config");
    config.Name = name;
    config.Subjects = subjects;
    config.SubjectsLen = 1;
    config.AllowDirect = true;
    check(js_AddStream(NULL, js, &config, NULL, &code), "add stream");
}

static void fill(int count, const char *pattern, int variants)
{
    char subject[100];
    char data[20];
    for (int i = 1; i <= count; i++)
    {
        snprintf(subject, sizeof subject, pattern, i % variants);
        snprintf(data, sizeof data, "%d", i);
        check(js_Publish(NULL, js, subject, data, (int)strlen(data), NULL, NULL), "publish");
    }
}

static void print_delivered(natsMsg *message)
{
    jsMsgMetaData *meta = NULL;
    check(natsMsg_GetMetaData(&meta, message), "metadata");
    printf("%s %.*s stream %llu consumer %llu delivered %llu pending %llu\n", natsMsg_GetSubject(message), natsMsg_GetDataLength(message), natsMsg_GetData(message),
           (unsigned long long)meta->Sequence.Stream, (unsigned long long)meta->Sequence.Consumer, (unsigned long long)meta->NumDelivered,
           (unsigned long long)meta->NumPending);
    jsMsgMetaData_Destroy(meta);
}

static void print_fetched(natsStatus status, const natsMsgList *list)
{
    printf("%s %d\n", natsStatus_GetText(status), list->Count);
}

static void manage(void)
{
    jsStreamConfig config;
    jsStreamInfo *info = NULL;
    jsErrCode code = 0;
    jsOptions options;
    jsAccountInfo *account = NULL;
    jsStreamNamesList *names = NULL;
    const char *subjects[] = {"m.*", "n"};
    check(jsOptions_Init(&options), "options");
    check(jsStreamConfig_Init(&config), "config");
    config.Name = "M";
    config.Subjects = subjects;
    config.SubjectsLen = 2;
    config.MaxMsgs = 100;
    config.Storage = js_MemoryStorage;
    config.Description = "managed";
    check(js_AddStream(&info, js, &config, NULL, &code), "add");
    print_state("added", info);
    printf("%s %lld %d %d %lld\n", info->Config->Description, (long long)info->Config->MaxMsgs, info->Config->Storage, info->Config->Retention, (long long)info->Config->Duplicates);
    jsStreamInfo_Destroy(info);
    config.Description = "other";
    OUTCOME("add again", js_AddStream(NULL, js, &config, NULL, &code));
    config.MaxMsgs = 50;
    OUTCOME("update", js_UpdateStream(NULL, js, &config, NULL, &code));
    config.Storage = js_FileStorage;
    OUTCOME("update storage", js_UpdateStream(NULL, js, &config, NULL, &code));
    fill(10, "m.%d", 3);
    show_stream("M");
    OUTCOME("delete message", js_DeleteMsg(js, "M", 3, NULL, &code));
    OUTCOME("erase message", js_EraseMsg(js, "M", 4, NULL, &code));
    OUTCOME("erase again", js_EraseMsg(js, "M", 4, NULL, &code));
    options.Stream.Info.DeletedDetails = true;
    options.Stream.Info.SubjectsFilter = "m.1";
    check(js_GetStreamInfo(&info, js, "M", &options, &code), "info");
    print_state("info", info);
    for (int i = 0; i < info->State.DeletedLen; i++) printf("deleted %llu\n", (unsigned long long)info->State.Deleted[i]);
    for (int i = 0; info->State.Subjects != NULL && i < info->State.Subjects->Count; i++) printf("%s %llu\n", info->State.Subjects->List[i].Subject, (unsigned long long)info->State.Subjects->List[i].Msgs);
    jsStreamInfo_Destroy(info);
    check(jsOptions_Init(&options), "options");
    options.Stream.Purge.Subject = "m.1";
    OUTCOME("purge a subject", js_PurgeStream(js, "M", &options, &code));
    show_stream("M");
    options.Stream.Purge.Subject = NULL;
    options.Stream.Purge.Keep = 1;
    OUTCOME("purge but one", js_PurgeStream(js, "M", &options, &code));
    show_stream("M");
    add_stream("B", "b");
    check(js_StreamNames(&names, js, NULL, &code), "names");
    for (int i = 0; i < names->Count; i++) printf("%s\n", names->List[i]);
    jsStreamNamesList_Destroy(names);
    check(js_GetAccountInfo(&account, js, NULL, &code), "account");
    printf("streams %lld consumers %lld\n", (long long)account->Streams, (long long)account->Consumers);
    jsAccountInfo_Destroy(account);
    OUTCOME("delete", js_DeleteStream(js, "M", NULL, &code));
    show_stream("M");
}

static void messages(void)
{
    natsMsg *message = NULL;
    jsErrCode code = 0;
    jsDirectGetMsgOptions direct;
    add_stream("G", "g.*");
    fill(10, "g.%d", 3);
    check(js_GetMsg(&message, js, "G", 4, NULL, &code), "get");
    printf("%s %s %llu\n", natsMsg_GetSubject(message), natsMsg_GetData(message), (unsigned long long)natsMsg_GetSequence(message));
    natsMsg_Destroy(message);
    check(js_GetLastMsg(&message, js, "G", "g.2", NULL, &code), "get last");
    printf("%s %s %llu\n", natsMsg_GetSubject(message), natsMsg_GetData(message), (unsigned long long)natsMsg_GetSequence(message));
    natsMsg_Destroy(message);
    OUTCOME("get what is not there", js_GetMsg(&message, js, "G", 99, NULL, &code));
    for (int i = 0; i < 4; i++)
    {
        check(jsDirectGetMsgOptions_Init(&direct), "options");
        if (i != 2) direct.Sequence = i == 3 ? 99 : 5;
        if (i == 1) direct.NextBySubject = "g.1";
        if (i == 2) direct.LastBySubject = "g.0";
        natsStatus status = js_DirectGetMsg(&message, js, "G", NULL, &direct);
        if (status == NATS_OK) printf("%s %s %llu\n", natsMsg_GetSubject(message), natsMsg_GetData(message), (unsigned long long)natsMsg_GetSequence(message));
        else printf("direct: %s\n", natsStatus_GetText(status));
        natsMsg_Destroy(message);
        message = NULL;
    }
}

static void publish_as(const char *what, jsPubOptions *options)
{
    jsPubAck *ack = NULL;
    jsErrCode code = 0;
    natsStatus status = js_Publish(&ack, js, "p.1", "x", 1, options, &code);
    if (status != NATS_OK)
    {
        print_outcome(what, status, code);
        return;
    }

    printf("%s: %s %llu %d\n", what, ack->Stream, (unsigned long long)ack->Sequence, ack->Duplicate);
    jsPubAck_Destroy(ack);
}

static void publish(void)
{
    jsPubOptions options;
    jsErrCode code = 0;
    add_stream("P", "p.*");
    publish_as("plain", NULL);
    check(jsPubOptions_Init(&options), "options");
    options.MsgId = "a";
    publish_as("id", &options);
    publish_as("id again", &options);
    check(jsPubOptions_Init(&options), "options");
    options.ExpectStream = "Q";
    publish_as("other stream", &options);
    check(jsPubOptions_Init(&options), "options");
    options.ExpectLastSeq = 2;
    publish_as("last sequence", &options);
    publish_as("last sequence again", &options);
    check(jsPubOptions_Init(&options), "options");
    options.ExpectLastMsgId = "b";
    publish_as("last id", &options);
    check(jsPubOptions_Init(&options), "options");
    options.ExpectLastSubjectSeq = 3;
    publish_as("last of the subject", &options);
    check(jsPubOptions_Init(&options), "options");
    options.ExpectNoMessage = true;
    publish_as("none of the subject", &options);
    OUTCOME("nobody", js_Publish(NULL, js, "nobody", "x", 1, NULL, &code));
    show_stream("P");
}

static void publish_async(void)
{
    jsPubOptions options;
    add_stream("P", "p.*");
    for (int i = 0; i < 5000; i++)
    {
        char subject[20];
        snprintf(subject, sizeof subject, "p.%d", i % 10);
        check(js_PublishAsync(js, subject, "async", 5, NULL), "publish");
    }

    check(jsPubOptions_Init(&options), "options");
    options.MaxWait = 20000;
    check(js_PublishAsyncComplete(js, &options), "complete");
    show_stream("P");
}

static void consumers(void)
{
    jsConsumerConfig config;
    jsConsumerInfo *info = NULL;
    jsConsumerNamesList *names = NULL;
    jsErrCode code = 0;
    add_stream("C", "c.*");
    fill(5, "c.%d", 2);
    check(jsConsumerConfig_Init(&config), "config");
    config.Durable = "d";
    config.AckPolicy = js_AckExplicit;
    config.FilterSubject = "c.1";
    check(js_AddConsumer(&info, js, "C", &config, NULL, &code), "add");
    print_consumer(info);
    printf("%d %lld %lld %lld %s\n", info->Config->AckPolicy, (long long)info->Config->AckWait, (long long)info->Config->MaxAckPending, (long long)info->Config->MaxWaiting, info->Config->FilterSubject);
    jsConsumerInfo_Destroy(info);
    config.Description = "changed";
    config.MaxAckPending = 7;
    check(js_UpdateConsumer(&info, js, "C", &config, NULL, &code), "update");
    printf("%s %lld\n", info->Config->Description, (long long)info->Config->MaxAckPending);
    jsConsumerInfo_Destroy(info);
    config.AckPolicy = js_AckNone;
    OUTCOME("other acknowledgements", js_AddConsumer(NULL, js, "C", &config, NULL, &code));
    check(jsConsumerConfig_Init(&config), "config");
    config.Durable = "e";
    config.FilterSubject = "elsewhere";
    OUTCOME("other subject", js_AddConsumer(NULL, js, "C", &config, NULL, &code));
    OUTCOME("other stream", js_AddConsumer(NULL, js, "NONE", &config, NULL, &code));
    check(js_ConsumerNames(&names, js, "C", NULL, &code), "names");
    for (int i = 0; i < names->Count; i++) printf("%s\n", names->List[i]);
    jsConsumerNamesList_Destroy(names);
    OUTCOME("delete", js_DeleteConsumer(js, "C", "d", NULL, &code));
    show_consumer("C", "d");
}

static void pull(void)
{
    natsSubscription *sub = NULL;
    natsMsgList list = {0};
    jsErrCode code = 0;
    jsFetchRequest request;
    add_stream("C", "c.*");
    fill(20, "c.%d", 2);
    check(js_PullSubscribe(&sub, js, "c.*", "d", NULL, NULL, &code), "subscribe");
    check(natsSubscription_Fetch(&list, sub, 7, 5000, &code), "fetch");
    for (int i = 0; i < list.Count; i++)
    {
        print_delivered(list.Msgs[i]);
        switch (i)
        {
            case 0: check(natsMsg_AckSync(list.Msgs[i], NULL, &code), "ack"); break;
            case 1: check(natsMsg_Nak(list.Msgs[i], NULL), "nak"); break;
            case 2: check(natsMsg_NakWithDelay(list.Msgs[i], 200, NULL), "nak later"); break;
            case 3: check(natsMsg_Term(list.Msgs[i], NULL), "term"); break;
            case 4: check(natsMsg_InProgress(list.Msgs[i], NULL), "working"); break;
            default: check(natsMsg_AckSync(list.Msgs[i], NULL, &code), "ack"); break;
        }
    }

    natsMsgList_Destroy(&list);
    for (int i = 0; i < 15; i++)
    {
        check(natsSubscription_Fetch(&list, sub, 1, 5000, &code), "fetch one");
        print_delivered(list.Msgs[0]);
        check(natsMsg_AckSync(list.Msgs[0], NULL, &code), "ack");
        natsMsgList_Destroy(&list);
        // What was to come again later may come at any place from here on.
        if (i == 0) nats_Sleep(300);
    }

    printf("%s\n", natsStatus_GetText(natsSubscription_Fetch(&list, sub, 1, 100, &code)));
    show_consumer("C", "d");
    fill(5, "c.%d", 2);
    check(jsFetchRequest_Init(&request), "request");
    request.Batch = 3;
    request.Expires = 5 * SECOND;
    request.Heartbeat = SECOND;
    request.MaxBytes = 4096;
    print_fetched(natsSubscription_FetchRequest(&list, sub, &request), &list);
    natsMsgList_Destroy(&list);
    check(natsSubscription_Unsubscribe(sub), "unsubscribe");
    natsSubscription_Destroy(sub);
}

static void push(void)
{
    natsSubscription *sub = NULL;
    jsSubOptions options;
    jsErrCode code = 0;
    add_stream("C", "c.*");
    fill(10, "c.%d", 2);
    check(jsSubOptions_Init(&options), "options");
    options.Config.Durable = "d";
    options.Config.AckPolicy = js_AckExplicit;
    check(js_SubscribeSync(&sub, js, "c.1", NULL, &options, &code), "subscribe");
    for (int i = 0; i < 5; i++)
    {
        natsMsg *message = NULL;
        check(natsSubscription_NextMsg(&message, sub, 5000), "next");
        print_delivered(message);
        check(natsMsg_AckSync(message, NULL, &code), "ack");
        natsMsg_Destroy(message);
    }

    show_consumer("C", "d");
    check(natsSubscription_Unsubscribe(sub), "unsubscribe");
    natsSubscription_Destroy(sub);
    show_stream("C");
}

static void ordered(void)
{
    natsSubscription *sub = NULL;
    jsSubOptions options;
    jsErrCode code = 0;
    int wrong = 0;
    add_stream("C", "c.*");
    fill(1000, "c.%d", 10);
    check(jsSubOptions_Init(&options), "options");
    options.Ordered = true;
    check(js_SubscribeSync(&sub, js, "c.>", NULL, &options, &code), "subscribe");
    for (int i = 1; i <= 1000; i++)
    {
        natsMsg *message = NULL;
        jsMsgMetaData *meta = NULL;
        check(natsSubscription_NextMsg(&message, sub, 5000), "next");
        check(natsMsg_GetMetaData(&meta, message), "metadata");
        if (meta->Sequence.Stream != (uint64_t)i || atoi(natsMsg_GetData(message)) != i) wrong++;
        jsMsgMetaData_Destroy(meta);
        natsMsg_Destroy(message);
    }

    printf("wrong: %d\n", wrong);
    natsSubscription_Destroy(sub);
}

static void queue_group(void)
{
    natsSubscription *subs[2];
    jsSubOptions options;
    jsErrCode code = 0;
    int taken = 0;
    add_stream("C", "c.*");
    check(jsSubOptions_Init(&options), "options");
    options.Config.Durable = "workers";
    options.Config.AckPolicy = js_AckExplicit;
    for (int i = 0; i < 2; i++) check(js_SubscribeSync(&subs[i], js, "c.*", NULL, &(jsSubOptions){.Queue = "workers", .ManualAck = true, .Config = options.Config}, &code), "subscribe");
    fill(100, "c.%d", 10);
    for (int round = 0; taken < 100 && round < 1000; round++)
    {
        natsMsg *message = NULL;
        if (natsSubscription_NextMsg(&message, subs[round % 2], 50) != NATS_OK) continue;
        check(natsMsg_AckSync(message, NULL, &code), "ack");
        natsMsg_Destroy(message);
        taken++;
    }

    printf("%d\n", taken);
    show_consumer("C", "workers");
    for (int i = 0; i < 2; i++) natsSubscription_Destroy(subs[i]);
}

static void print_entry(kvEntry *entry)
{
    printf("%s = %.*s revision %llu delta %llu operation %d\n", kvEntry_Key(entry), kvEntry_ValueLen(entry), (const char *)kvEntry_Value(entry),
           (unsigned long long)kvEntry_Revision(entry), (unsigned long long)kvEntry_Delta(entry), kvEntry_Operation(entry));
}

static void show_key(kvStore *kv, const char *key)
{
    kvEntry *entry = NULL;
    natsStatus status = kvStore_Get(&entry, kv, key);
    if (status != NATS_OK) printf("%s: %s\n", key, natsStatus_GetText(status));
    else print_entry(entry);
    kvEntry_Destroy(entry);
}

static void key_value(void)
{
    kvStore *kv = NULL;
    kvConfig config;
    kvKeysList keys = {0};
    kvEntryList history = {0};
    kvStatus *bucket = NULL;
    kvEntry *entry = NULL;
    kvPurgeOptions purge;
    uint64_t revision = 0;
    check(kvConfig_Init(&config), "config");
    config.Bucket = "B";
    config.History = 5;
    check(js_CreateKeyValue(&kv, js, &config), "create");
    for (int i = 0; i < 3; i++)
    {
        check(kvStore_PutString(&revision, kv, "a", i == 0 ? "0" : "more"), "put");
        printf("%llu\n", (unsigned long long)revision);
    }

    show_key(kv, "a");
    show_key(kv, "none");
    check(kvStore_GetRevision(&entry, kv, "a", 1), "get revision");
    print_entry(entry);
    kvEntry_Destroy(entry);
    check(kvStore_CreateString(&revision, kv, "b", "new"), "create");
    printf("create again: %s\n", natsStatus_GetText(kvStore_CreateString(NULL, kv, "b", "newer")));
    check(kvStore_UpdateString(&revision, kv, "b", "updated", revision), "update");
    printf("update again: %s\n", natsStatus_GetText(kvStore_UpdateString(&revision, kv, "b", "late", 1)));
    check(kvStore_Delete(kv, "b"), "delete");
    show_key(kv, "b");
    check(kvStore_CreateString(&revision, kv, "b", "again"), "create after delete");
    check(kvStore_History(&history, kv, "b", NULL), "history");
    for (int i = 0; i < history.Count; i++) print_entry(history.Entries[i]);
    kvEntryList_Destroy(&history);
    check(kvStore_Keys(&keys, kv, NULL), "keys");
    for (int i = 0; i < keys.Count; i++) printf("%s\n", keys.Keys[i]);
    kvKeysList_Destroy(&keys);
    check(kvStore_Purge(kv, "a", NULL), "purge");
    check(kvStore_History(&history, kv, "a", NULL), "history");
    for (int i = 0; i < history.Count; i++) print_entry(history.Entries[i]);
    kvEntryList_Destroy(&history);
    check(kvPurgeOptions_Init(&purge), "options");
    purge.DeleteMarkersOlderThan = -1;
    check(kvStore_PurgeDeletes(kv, &purge), "purge deletes");
    check(kvStore_Status(&bucket, kv), "status");
    printf("%s values %llu history %lld\n", kvStatus_Bucket(bucket), (unsigned long long)kvStatus_Values(bucket), (long long)kvStatus_History(bucket));
    kvStatus_Destroy(bucket);
    kvStore_Destroy(kv);
    check(js_DeleteKeyValue(js, "B"), "delete bucket");
    printf("%s\n", natsStatus_GetText(js_KeyValue(&kv, js, "B")));
}

static void key_value_watch(void)
{
    kvStore *kv = NULL;
    kvConfig config;
    kvWatcher *watcher = NULL;
    check(kvConfig_Init(&config), "config");
    config.Bucket = "W";
    check(js_CreateKeyValue(&kv, js, &config), "create");
    check(kvStore_PutString(NULL, kv, "a.1", "1"), "put");
    check(kvStore_PutString(NULL, kv, "b", "2"), "put");
    check(kvStore_Watch(&watcher, kv, "a.*", NULL), "watch");
    for (int i = 0; i < 5; i++)
    {
        kvEntry *entry = NULL;
        if (i == 2) check(kvStore_PutString(NULL, kv, "a.2", "3"), "put");
        if (i == 3) check(kvStore_Delete(kv, "a.1"), "delete");
        if (i == 4) check(kvStore_Purge(kv, "a.2", NULL), "purge");
        check(kvWatcher_Next(&entry, watcher, 5000), "next");
        if (entry == NULL) printf("no more now\n");
        else print_entry(entry);
        kvEntry_Destroy(entry);
    }

    kvWatcher_Destroy(watcher);
    kvStore_Destroy(kv);
}

static const struct
{
    const char *name;
    void (*run)(void);
} scenarios[] = {
    {"manage", manage}, {"messages", messages}, {"publish", publish}, {"publish-async", publish_async}, {"consumers", consumers}, {"pull", pull},
    {"push", push},     {"ordered", ordered},   {"queue-group", queue_group}, {"key-value", key_value}, {"key-value-watch", key_value_watch},
};

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    port = argv[2];
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++)
    {
        if (strcmp(scenarios[i].name, argv[1]) != 0) continue;
        open_connection();
        scenarios[i].run();
        jsCtx_Destroy(js);
        natsConnection_Destroy(nc);
        printf("end\n");
        nats_Close();
        return 0;
    }

    return 2;
}
