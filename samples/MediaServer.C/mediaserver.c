/*
 * Plays a media server: many two-leg calls, carried by a few media threads, each packet on its time. Leg 0 is written as RTP
 * packets, leg 1 as bare payloads. Every tenth call masks 10 frames of leg 0 in the middle.
 *
 * usage: mediaserver CONFIG CALLS THREADS FRAMES
 *
 * Prints a line for each call, "call NUMBER ID FRAMES MASKED", for whoever reads the recordings back and compares; what is
 * said in frame f of leg l of call c is computed by say().
 */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "zkcalls.h"

enum { HEADER = 12, PAYLOAD = 160, FRAME_MS = 20, PCMA = 8, MASKED = 10, SEND_MS = 60000 };

typedef struct call {
    zk_call handle;
    char id[33];
} call;

typedef struct job {
    pthread_t thread;
    call *calls;
    int first, count, frames;
    long masked, failed;
} job;

static void fail(const char *what, int result)
{
    char why[512];
    zk_last_error(why, sizeof why);
    fprintf(stderr, "mediaserver: %s: %s %s\n", what, zk_error_string(result), why);
    exit(1);
}

static void expect(const char *what, int wanted, int result)
{
    if (result != wanted)
        fail(what, result);
}

/* SplitMix64 over call, leg and frame. */
static void say(int number, int leg, int frame, uint8_t *payload)
{
    uint64_t state = (uint64_t)number << 32 | (uint64_t)leg << 24 | (uint64_t)frame;
    for (int i = 0; i < PAYLOAD; i++) {
        state += 0x9e3779b97f4a7c15u;
        uint64_t mixed = (state ^ state >> 30) * 0xbf58476d1ce4e5b9u;
        mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
        payload[i] = (uint8_t)(mixed ^ mixed >> 31);
    }
}

static void put32(uint8_t *target, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        target[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void count(job *job, int result)
{
    if (result == ZK_MASKED)
        job->masked++;
    else if (result != ZK_OK)
        job->failed++;
}

static void write_frame(job *job, int number, int frame)
{
    zk_call handle = job->calls[number].handle;
    uint8_t packet[HEADER + PAYLOAD] = {0x80, PCMA};
    packet[2] = (uint8_t)(frame >> 8);
    packet[3] = (uint8_t)frame;
    put32(packet + 4, (uint32_t)frame * PAYLOAD);
    put32(packet + 8, 0x5a4b0000u + (uint32_t)number);
    say(number, 0, frame, packet + HEADER);
    count(job, zk_call_write_rtp(handle, 0, packet, sizeof packet));

    say(number, 1, frame, packet + HEADER);
    count(job, zk_call_write_frame(handle, 1, PCMA, (uint16_t)frame, (uint32_t)frame * PAYLOAD, packet + HEADER, PAYLOAD));
}

static void *run(void *context)
{
    job *job = context;
    struct timespec next;
    zk_abi_version(); /* attaches this thread before its first packet */
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (int frame = 0; frame < job->frames; frame++) {
        for (int number = job->first; number < job->first + job->count; number++) {
            if (number % 10 == 0 && frame == job->frames / 2)
                expect("mask_begin", ZK_OK, zk_call_mask_begin(job->calls[number].handle, 1u << 0, ZK_REASON_MASKED));
            if (number % 10 == 0 && frame == job->frames / 2 + MASKED)
                expect("mask_end", ZK_OK, zk_call_mask_end(job->calls[number].handle));
            write_frame(job, number, frame);
        }

        next.tv_nsec += FRAME_MS * 1000000L;
        next.tv_sec += next.tv_nsec / 1000000000L;
        next.tv_nsec %= 1000000000L;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }

    for (int number = job->first; number < job->first + job->count; number++) {
        zk_call handle = job->calls[number].handle;
        uint8_t nothing[PAYLOAD] = {0};
        expect("complete", ZK_OK, zk_call_complete(handle));
        expect("second complete", ZK_E_HANDLE, zk_call_complete(handle));
        expect("write after complete", ZK_E_HANDLE, zk_call_write_frame(handle, 0, PCMA, 0, 0, nothing, sizeof nothing));
    }

    return NULL;
}

static void begin(zk_recorder recorder, int number, call *call)
{
    char call_id[32];
    snprintf(call_id, sizeof call_id, "media %d", number);
    zk_payload_type types[] = {
        {.number = PCMA, .codec = "PCMA", .clock_rate = 8000, .channels = 1},
        {.number = 101, .codec = "telephone-event", .clock_rate = 8000, .channels = 1},
    };
    zk_leg legs[] = {
        {.label = "caller", .address = "+49 30 123456", .payload_types = types, .payload_type_count = 2},
        {.label = "agent", .payload_types = types, .payload_type_count = 2},
    };
    zk_tag tag = {.key = "queue", .value = "sales"};
    zk_call_info info = {.size = sizeof info, .call_id = call_id, .legs = legs, .leg_count = 2, .tags = &tag, .tag_count = 1};
    expect("call_begin", ZK_OK, zk_call_begin(recorder, &info, &call->handle));
    expect("call_id", ZK_OK, zk_call_id(call->handle, call->id));
}

static void on_log(void *context, int32_t level, int32_t event_id, const char *message)
{
    atomic_fetch_add((atomic_long *)context, 1);
    fprintf(stderr, "zkcalls %d, event %d: %s\n", level, event_id, message);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: mediaserver CONFIG CALLS THREADS FRAMES\n");
        return 2;
    }

    if (zk_abi_version() != ZK_ABI_VERSION) {
        fprintf(stderr, "mediaserver: libzkcalls has interface %u, zkcalls.h %u\n", zk_abi_version(), ZK_ABI_VERSION);
        return 1;
    }

    int calls = atoi(argv[2]), threads = atoi(argv[3]), frames = atoi(argv[4]);
    if (calls < 1 || threads < 1 || threads > calls || frames < 2 * MASKED) {
        fprintf(stderr, "mediaserver: 1 call or more, a thread for each at most, 20 frames or more\n");
        return 2;
    }

    atomic_long messages = 0;
    zk_recorder recorder;
    expect("recorder_create_from_file", ZK_OK, zk_recorder_create_from_file(argv[1], on_log, &messages, &recorder));

    call *all = calloc((size_t)calls, sizeof *all);
    job *jobs = calloc((size_t)threads, sizeof *jobs);
    if (all == NULL || jobs == NULL)
        return 1;
    for (int i = 0; i < calls; i++)
        begin(recorder, i, &all[i]);
    for (int i = 0; i < threads; i++) {
        jobs[i].calls = all;
        jobs[i].first = (int)((long)calls * i / threads);
        jobs[i].count = (int)((long)calls * (i + 1) / threads) - jobs[i].first;
        jobs[i].frames = frames;
        if (pthread_create(&jobs[i].thread, NULL, run, &jobs[i]) != 0)
            return 1;
    }

    long masked = 0, failed = 0;
    for (int i = 0; i < threads; i++) {
        pthread_join(jobs[i].thread, NULL);
        masked += jobs[i].masked;
        failed += jobs[i].failed;
    }

    zk_stats stats = {.size = sizeof stats};
    expect("recorder_stats", ZK_OK, zk_recorder_stats(recorder, &stats));
    fprintf(stderr, "%u calls live, %u archives answer\n", stats.active_calls, stats.archives_connected);
    expect("recorder_destroy", ZK_OK, zk_recorder_destroy(recorder, SEND_MS));
    expect("second destroy", ZK_E_HANDLE, zk_recorder_destroy(recorder, SEND_MS));
    for (int i = 0; i < calls; i++)
        printf("call %d %s %d %d\n", i, all[i].id, frames, i % 10 == 0 ? MASKED : 0);
    printf("done %d calls, %d threads, %ld frames, %ld masked, %ld not recorded, %ld messages\n", calls, threads,
           2L * calls * frames, masked, failed, (long)messages);
    free(jobs);
    free(all);
    return failed == 0 ? 0 : 1;
}
