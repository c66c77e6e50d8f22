// What a program does with the C client: scenarios SCENARIO PORT prints what it saw, one line per observation.
// Run against the reference and against our server; both outputs must be equal. Nothing that differs between two runs is printed.
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *port;

static void check(natsStatus status, const char *what)
{
    if (status == NATS_OK) return;
    printf("%s: %s\n", what, natsStatus_GetText(status));
    nats_PrintLastErrorStack(stdout);
    exit(1);
}

// With TLS the test tells the files of the authority and, for servers that verify clients, of a certificate.
static void use_tls(natsOptions *options)
{
    const char *authority = getenv("TLS_CA");
    const char *certificate = getenv("TLS_CERT");
    if (authority == NULL) return;
    check(natsOptions_SetSecure(options, true), "secure");
    check(natsOptions_LoadCATrustedCertificates(options, authority), "authority");
    if (certificate != NULL) check(natsOptions_LoadCertificatesChain(options, certificate, getenv("TLS_KEY")), "certificate");
}

static natsStatus try_open(natsConnection **connection, const char *credentials, natsOptions *options)
{
    char url[200];
    natsOptions *own = NULL;
    snprintf(url, sizeof url, "nats://%s127.0.0.1:%s", credentials, port);
    if (options == NULL) check(natsOptions_Create(&own), "options");
    natsOptions *used = options == NULL ? own : options;
    check(natsOptions_SetURL(used, url), "url");
    check(natsOptions_SetAllowReconnect(used, false), "no reconnect");
    use_tls(used);
    natsStatus status = natsConnection_Connect(connection, used);
    natsOptions_Destroy(own);
    return status;
}

static natsConnection *open_connection(void)
{
    natsConnection *connection = NULL;
    check(try_open(&connection, "", NULL), "connect");
    return connection;
}

static void print_message(natsMsg *message)
{
    const char *reply = natsMsg_GetReply(message);
    printf("%s [%s] %.*s\n", natsMsg_GetSubject(message), reply == NULL ? "" : reply, natsMsg_GetDataLength(message), natsMsg_GetData(message));
}

static void print_next(natsSubscription *subscription, int count)
{
    for (int i = 0; i < count; i++)
    {
        natsMsg *message = NULL;
        check(natsSubscription_NextMsg(&message, subscription, 10000), "next");
        print_message(message);
        natsMsg_Destroy(message);
    }
}

static void publish_subscribe(void)
{
    natsConnection *nc = open_connection();
    natsSubscription *sub = NULL;
    check(natsConnection_SubscribeSync(&sub, nc, "foo.*"), "subscribe");
    check(natsConnection_PublishString(nc, "foo.a", "one"), "publish");
    check(natsConnection_PublishRequestString(nc, "foo.b", "back", "two"), "publish");
    check(natsConnection_PublishString(nc, "bar", "three"), "publish");
    check(natsConnection_Publish(nc, "foo.c", NULL, 0), "publish");
    print_next(sub, 3);
    natsSubscription_Destroy(sub);
    natsConnection_Destroy(nc);
}

static void answer(natsConnection *nc, natsSubscription *sub, natsMsg *message, void *closure)
{
    (void)sub;
    (void)closure;
    natsConnection_Publish(nc, natsMsg_GetReply(message), natsMsg_GetData(message), natsMsg_GetDataLength(message));
    natsMsg_Destroy(message);
}

static void request(void)
{
    natsConnection *service = open_connection();
    natsConnection *nc = open_connection();
    natsSubscription *sub = NULL;
    check(natsConnection_QueueSubscribe(&sub, service, "svc", "q", answer, NULL), "subscribe");
    check(natsConnection_Flush(service), "flush");
    for (int i = 0; i < 20; i++)
    {
        char text[20];
        natsMsg *reply = NULL;
        snprintf(text, sizeof text, "question %d", i);
        check(natsConnection_RequestString(&reply, nc, "svc", text, 10000), "request");
        printf("%.*s\n", natsMsg_GetDataLength(reply), natsMsg_GetData(reply));
        natsMsg_Destroy(reply);
    }

    natsSubscription_Destroy(sub);
    natsConnection_Destroy(service);
    natsConnection_Destroy(nc);
}

static void no_responders(void)
{
    natsConnection *nc = open_connection();
    natsMsg *reply = NULL;
    printf("%s\n", natsStatus_GetText(natsConnection_RequestString(&reply, nc, "nobody", "x", 10000)));
    natsConnection_Destroy(nc);
}

static void headers(void)
{
    natsConnection *nc = open_connection();
    natsSubscription *sub = NULL;
    natsMsg *message = NULL;
    const char *value = NULL;
    const char **values = NULL;
    int count = 0;
    check(natsConnection_SubscribeSync(&sub, nc, "h"), "subscribe");
    check(natsMsg_Create(&message, "h", NULL, "payload", 7), "create");
    check(natsMsgHeader_Set(message, "Key", "value"), "set");
    check(natsMsgHeader_Add(message, "Multi", "1"), "add");
    check(natsMsgHeader_Add(message, "Multi", "2"), "add");
    check(natsConnection_PublishMsg(nc, message), "publish");
    natsMsg_Destroy(message);
    check(natsSubscription_NextMsg(&message, sub, 10000), "next");
    print_message(message);
    check(natsMsgHeader_Get(message, "Key", &value), "get");
    check(natsMsgHeader_Values(message, "Multi", &values, &count), "values");
    printf("Key=%s Multi=%d:%s,%s\n", value, count, values[0], values[1]);
    free((void *)values);
    natsMsg_Destroy(message);
    natsSubscription_Destroy(sub);
    natsConnection_Destroy(nc);
}

static void auto_unsubscribe(void)
{
    natsConnection *nc = open_connection();
    natsSubscription *sub = NULL;
    natsMsg *message = NULL;
    check(natsConnection_SubscribeSync(&sub, nc, "m"), "subscribe");
    check(natsSubscription_AutoUnsubscribe(sub, 3), "unsubscribe");
    for (int i = 0; i < 10; i++) check(natsConnection_PublishString(nc, "m", "x"), "publish");
    check(natsConnection_Flush(nc), "flush");
    print_next(sub, 3);
    printf("%s\n", natsStatus_GetText(natsSubscription_NextMsg(&message, sub, 100)));
    natsSubscription_Destroy(sub);
    natsConnection_Destroy(nc);
}

static void queue_group(void)
{
    natsConnection *members[3];
    natsSubscription *subs[3];
    natsConnection *nc = open_connection();
    int64_t total = 0;
    for (int i = 0; i < 3; i++)
    {
        members[i] = open_connection();
        check(natsConnection_QueueSubscribeSync(&subs[i], members[i], "work", "q"), "subscribe");
        check(natsConnection_Flush(members[i]), "flush");
    }

    for (int i = 0; i < 300; i++) check(natsConnection_PublishString(nc, "work", "x"), "publish");
    check(natsConnection_Flush(nc), "flush");
    for (int i = 0; i < 3; i++)
    {
        int pending = 0;
        check(natsConnection_Flush(members[i]), "flush");
        check(natsSubscription_GetPending(subs[i], &pending, NULL), "pending");
        total += pending;
        printf("has a share: %s\n", pending > 30 ? "yes" : "no");
        natsSubscription_Destroy(subs[i]);
        natsConnection_Destroy(members[i]);
    }

    printf("%lld\n", (long long)total);
    natsConnection_Destroy(nc);
}

static void many_messages(void)
{
    natsConnection *publisher = open_connection();
    natsConnection *nc = open_connection();
    natsSubscription *sub = NULL;
    int wrong = 0;
    check(natsConnection_SubscribeSync(&sub, nc, "n"), "subscribe");
    check(natsSubscription_SetPendingLimits(sub, -1, -1), "limits");
    check(natsConnection_Flush(nc), "flush");
    for (int i = 0; i < 20000; i++) check(natsConnection_Publish(publisher, "n", &i, sizeof i), "publish");
    check(natsConnection_Flush(publisher), "flush");
    for (int i = 0; i < 20000; i++)
    {
        natsMsg *message = NULL;
        check(natsSubscription_NextMsg(&message, sub, 10000), "next");
        if (natsMsg_GetDataLength(message) != sizeof i || memcmp(natsMsg_GetData(message), &i, sizeof i) != 0) wrong++;
        natsMsg_Destroy(message);
    }

    printf("wrong: %d\n", wrong);
    natsSubscription_Destroy(sub);
    natsConnection_Destroy(nc);
    natsConnection_Destroy(publisher);
}

static void max_payload(void)
{
    natsConnection *nc = open_connection();
    int64_t limit = natsConnection_GetMaxPayload(nc);
    char *large = calloc(1, (size_t)limit + 1);
    natsSubscription *sub = NULL;
    natsMsg *message = NULL;
    check(natsConnection_SubscribeSync(&sub, nc, "large"), "subscribe");
    printf("%lld %s\n", (long long)limit, natsStatus_GetText(natsConnection_Publish(nc, "large", large, (int)limit + 1)));
    check(natsConnection_Publish(nc, "large", large, (int)limit), "publish");
    check(natsSubscription_NextMsg(&message, sub, 10000), "next");
    printf("%d\n", natsMsg_GetDataLength(message));
    natsMsg_Destroy(message);
    natsSubscription_Destroy(sub);
    natsConnection_Destroy(nc);
    free(large);
}

static void drain(void)
{
    natsConnection *nc = open_connection();
    natsSubscription *sub = NULL;
    int count = 0;
    natsMsg *message = NULL;
    check(natsConnection_SubscribeSync(&sub, nc, "d"), "subscribe");
    for (int i = 0; i < 50; i++) check(natsConnection_PublishString(nc, "d", "x"), "publish");
    check(natsConnection_Flush(nc), "flush");
    check(natsSubscription_Drain(sub), "drain");
    while (natsSubscription_NextMsg(&message, sub, 10000) == NATS_OK)
    {
        natsMsg_Destroy(message);
        if (++count == 50) break;
    }

    check(natsSubscription_WaitForDrainCompletion(sub, 10000), "drained");
    printf("%d\n", count);
    natsSubscription_Destroy(sub);
    natsConnection_Destroy(nc);
}

static void no_echo(void)
{
    natsConnection *nc = NULL;
    natsConnection *other = open_connection();
    natsOptions *options = NULL;
    natsSubscription *sub = NULL;
    check(natsOptions_Create(&options), "options");
    check(natsOptions_SetNoEcho(options, true), "no echo");
    check(try_open(&nc, "", options), "connect");
    check(natsConnection_SubscribeSync(&sub, nc, "x"), "subscribe");
    check(natsConnection_PublishString(nc, "x", "own"), "publish");
    check(natsConnection_Flush(nc), "flush");
    check(natsConnection_PublishString(other, "x", "other"), "publish");
    check(natsConnection_Flush(other), "flush");
    print_next(sub, 1);
    natsSubscription_Destroy(sub);
    natsOptions_Destroy(options);
    natsConnection_Destroy(nc);
    natsConnection_Destroy(other);
}

static void credentials(void)
{
    static const char *const all[] = {"a:secret@", "a:wrong@", "b:secret@", ""};
    for (int i = 0; i < 4; i++)
    {
        natsConnection *nc = NULL;
        natsStatus status = try_open(&nc, all[i], NULL);
        printf("%s %s\n", all[i], natsStatus_GetText(status));
        natsConnection_Destroy(nc);
    }
}

static void token(void)
{
    static const char *const all[] = {"tok@", "other@", ""};
    for (int i = 0; i < 3; i++)
    {
        natsConnection *nc = NULL;
        natsStatus status = try_open(&nc, all[i], NULL);
        printf("%s %s\n", all[i], natsStatus_GetText(status));
        natsConnection_Destroy(nc);
    }
}

static void nkey(void)
{
    // The first is the key that the server knows; the second signs for the first, the third is unknown.
    static const char *const known = "SUAACAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAN7EY";
    static const char *const other = "SUAAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAT6EE";
    static const char *const known_key = "UCFIRY65OQE7DFP5KLNS2PF2LVZMUZYJX4OZIEQ36N2IQANUB5XVZ45L";
    static const char *const other_key = "UCATS5YOVB6ROX2WUNKGNQ2MP3GMXDMKSG2O4N5CLX3A6W4PZGZZJPJO";
    const char *const all[][2] = {{known_key, known}, {known_key, other}, {other_key, other}};
    for (int i = 0; i < 3; i++)
    {
        natsConnection *nc = NULL;
        natsOptions *options = NULL;
        char file[] = "nkey-XXXXXX";
        int handle = mkstemp(file);
        if (handle < 0 || write(handle, all[i][1], strlen(all[i][1])) < 0) exit(1);
        close(handle);
        check(natsOptions_Create(&options), "options");
        check(natsOptions_SetNKeyFromSeed(options, all[i][0], file), "seed");
        natsStatus status = try_open(&nc, "", options);
        printf("%d %s\n", i, natsStatus_GetText(status));
        natsConnection_Destroy(nc);
        natsOptions_Destroy(options);
        unlink(file);
    }
}

static void server_info(void)
{
    natsConnection *nc = open_connection();
    char *ip = NULL;
    check(natsConnection_GetClientIP(nc, &ip), "ip");
    printf("%s headers:%s\n", ip, natsStatus_GetText(natsConnection_HasHeaderSupport(nc)));
    free(ip);
    natsConnection_Destroy(nc);
}

static const struct
{
    const char *name;
    void (*run)(void);
} scenarios[] = {
    {"publish-subscribe", publish_subscribe}, {"request", request},       {"no-responders", no_responders}, {"headers", headers},
    {"auto-unsubscribe", auto_unsubscribe},   {"queue-group", queue_group}, {"many-messages", many_messages}, {"max-payload", max_payload},
    {"drain", drain},                         {"no-echo", no_echo},       {"credentials", credentials},     {"token", token},
    {"server-info", server_info},             {"nkey", nkey},
};

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    port = argv[2];
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++)
    {
        if (strcmp(scenarios[i].name, argv[1]) != 0) continue;
        scenarios[i].run();
        printf("end\n");
        nats_Close();
        return 0;
    }

    return 2;
}
