/* What callers do wrong: each is answered, none crashes. usage: misuse CONFIG */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zkcalls.h"

static int checks;

#define CHECK(wanted, expression)                                                                         \
    do {                                                                                                  \
        long long got = (long long)(expression);                                                          \
        checks++;                                                                                         \
        if (got != (wanted)) {                                                                            \
            char why[256];                                                                                \
            zk_last_error(why, sizeof why);                                                               \
            fprintf(stderr, "line %d: %s is %lld, not %lld: %s\n", __LINE__, #expression, got, (long long)(wanted), why); \
            exit(1);                                                                                      \
        }                                                                                                 \
    } while (0)

static zk_payload_type pcma = {.number = 8, .codec = "PCMA", .clock_rate = 8000, .channels = 1};
static zk_leg leg = {.label = "caller", .payload_types = &pcma, .payload_type_count = 1};

static zk_call_info info_of(const char *call_id)
{
    zk_call_info info = {.size = sizeof info, .leg_count = 1, .call_id = call_id, .legs = &leg};
    return info;
}

static void config(const char *file)
{
    zk_recorder recorder = 77;
    CHECK(ZK_E_ARGUMENT, zk_recorder_create(NULL, &recorder));
    CHECK(ZK_E_ARGUMENT, zk_recorder_create_from_file(NULL, NULL, NULL, &recorder));
    CHECK(ZK_E_ARGUMENT, zk_recorder_create_from_file(file, NULL, NULL, NULL));
    CHECK(ZK_E_IO, zk_recorder_create_from_file("/nonexistent", NULL, NULL, &recorder));
    CHECK(0, recorder);
    CHECK(ZK_E_CONFIG, zk_recorder_create_from_file("\xff\xfe", NULL, NULL, &recorder));
    zk_recorder_config empty = {0};
    CHECK(ZK_E_SIZE, zk_recorder_create(&empty, &recorder));
    empty.size = sizeof empty;
    CHECK(ZK_E_CONFIG, zk_recorder_create(&empty, &recorder));
    char why[8192];
    CHECK(1, zk_last_error(why, sizeof why) > 0 && strstr(why, "Archives is empty") != NULL && strstr(why, "GatewayKey") != NULL);
    CHECK(1, zk_last_error(why, 5) > 5 && strlen(why) == 4);
    CHECK(1, zk_last_error(NULL, 0) > 5);

    /* A newer header: what this library does not know must be zero. */
    struct { zk_recorder_config known; uint64_t unknown; } newer = {.known = {.size = sizeof newer}, .unknown = 1};
    CHECK(ZK_E_SIZE, zk_recorder_create(&newer.known, &recorder));
    newer.unknown = 0;
    CHECK(ZK_E_CONFIG, zk_recorder_create(&newer.known, &recorder));
}

static void calls(zk_recorder recorder)
{
    zk_call call = 77;
    zk_call_info info = info_of("a");
    uint8_t audio[160] = {0};
    CHECK(ZK_E_ARGUMENT, zk_call_begin(recorder, NULL, &call));
    CHECK(ZK_E_ARGUMENT, zk_call_begin(recorder, &info, NULL));
    CHECK(ZK_E_HANDLE, zk_call_begin(0, &info, &call));
    CHECK(ZK_E_HANDLE, zk_call_begin(recorder ^ 1, &info, &call));
    info.leg_count = 16;
    CHECK(ZK_E_ARGUMENT, zk_call_begin(recorder, &info, &call));
    info = info_of(NULL);
    CHECK(ZK_E_ARGUMENT, zk_call_begin(recorder, &info, &call));
    info = info_of("\xc3(");
    CHECK(ZK_E_ARGUMENT, zk_call_begin(recorder, &info, &call));
    CHECK(0, call);
    info = info_of("a");
    CHECK(ZK_OK, zk_call_begin(recorder, &info, &call));

    CHECK(ZK_E_ARGUMENT, zk_call_write_rtp(call, 0, NULL, 172));
    CHECK(ZK_E_MALFORMED, zk_call_write_rtp(call, 0, audio, sizeof audio));
    CHECK(ZK_E_MALFORMED, zk_call_write_frame(call, 1, 8, 0, 0, audio, sizeof audio));
    CHECK(ZK_E_MALFORMED, zk_call_write_frame(call, UINT32_MAX, 8, 0, 0, audio, sizeof audio));
    CHECK(ZK_E_MALFORMED, zk_call_write_frame(call, 0, 128, 0, 0, audio, sizeof audio));
    CHECK(ZK_E_ARGUMENT, zk_call_write_frame(call, 0, 8, 0, 0, audio, SIZE_MAX));
    CHECK(ZK_E_ARGUMENT, zk_call_mask_begin(call, 1u << 15, ZK_REASON_MASKED));
    CHECK(ZK_E_ARGUMENT, zk_call_mask_begin(call, 0, (zk_mask_reason)1));
    CHECK(ZK_OK, zk_call_mask_arm(call, 0, ZK_REASON_PAUSED));
    CHECK(ZK_OK, zk_call_write_frame(call, 0, 8, 0, 0, audio, sizeof audio));
    CHECK(ZK_OK, zk_call_mask_begin(call, 0, ZK_REASON_PAUSED));
    CHECK(ZK_MASKED, zk_call_write_frame(call, 0, 8, 1, 160, audio, sizeof audio));
    CHECK(ZK_OK, zk_call_mask_end(call));
    CHECK(ZK_E_ARGUMENT, zk_call_id(call, NULL));

    /* A recorder's handle is no call's, and a closed one stays closed when its place serves another call. */
    char id[33];
    CHECK(ZK_E_HANDLE, zk_call_id(recorder, id));
    CHECK(ZK_E_HANDLE, zk_recorder_destroy(call, 0));
    CHECK(ZK_OK, zk_call_discard(call));
    zk_call next = 0;
    CHECK(ZK_OK, zk_call_begin(recorder, &info, &next));
    CHECK(1, next != call);
    CHECK(ZK_E_HANDLE, zk_call_discard(call));
    CHECK(ZK_E_HANDLE, zk_call_complete(call));
    CHECK(ZK_E_HANDLE, zk_call_mask_end(call));
    CHECK(ZK_E_HANDLE, zk_call_write_frame(call, 0, 8, 0, 0, audio, sizeof audio));
    CHECK(ZK_OK, zk_call_write_frame(next, 0, 8, 0, 0, audio, sizeof audio));
    CHECK(ZK_OK, zk_call_complete(next));
}

/* Threads close the same handles: each is closed once. */
static zk_call shared[1000];

static void *close_all(void *closed)
{
    for (int i = 0; i < 1000; i++)
        if (zk_call_complete(shared[i]) == ZK_OK)
            ++*(int *)closed;
    return NULL;
}

static void races(zk_recorder recorder)
{
    zk_call_info info = info_of("race");
    pthread_t threads[4];
    int closed[4] = {0};
    for (int i = 0; i < 1000; i++)
        shared[i] = i % 50 == 0 ? 0 : shared[i - 1];
    for (int i = 0; i < 1000; i += 50)
        CHECK(ZK_OK, zk_call_begin(recorder, &info, &shared[i]));
    for (int i = 0; i < 4; i++)
        CHECK(0, pthread_create(&threads[i], NULL, close_all, &closed[i]));
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK(20, closed[0] + closed[1] + closed[2] + closed[3]);
}

int main(int argc, char **argv)
{
    CHECK(2, argc);
    CHECK(ZK_ABI_VERSION, zk_abi_version());
    for (int i = -20; i < 20; i++)
        CHECK(1, strlen(zk_error_string(i)) > 10);
    config(argv[1]);

    zk_recorder recorder = 0;
    CHECK(ZK_OK, zk_recorder_create_from_file(argv[1], NULL, NULL, &recorder));
    zk_recorder second = 0;
    CHECK(ZK_E_IO, zk_recorder_create_from_file(argv[1], NULL, NULL, &second)); /* the spool is in use */
    calls(recorder);
    races(recorder);

    zk_stats stats = {0};
    CHECK(ZK_E_SIZE, zk_recorder_stats(recorder, &stats));
    stats.size = sizeof stats;
    CHECK(ZK_OK, zk_recorder_stats(recorder, &stats));
    CHECK(ZK_E_ARGUMENT, zk_recorder_stats(recorder, NULL));

    /* A call that outlives its recorder. */
    zk_call late = 0;
    zk_call_info info = info_of("late");
    uint8_t audio[160] = {0};
    CHECK(ZK_OK, zk_call_begin(recorder, &info, &late));
    CHECK(ZK_OK, zk_recorder_destroy(recorder, 60000));
    CHECK(ZK_E_HANDLE, zk_recorder_destroy(recorder, 60000));
    CHECK(ZK_E_HANDLE, zk_recorder_stats(recorder, &stats));
    CHECK(ZK_ENDED, zk_call_write_frame(late, 0, 8, 0, 0, audio, sizeof audio));
    CHECK(ZK_OK, zk_call_complete(late));
    printf("%d checks\n", checks);
    return 0;
}
