/*
 * zkcalls.h - records telephone calls, encrypted for the customer's keys before they leave the process.
 *
 * Every function may be called from any thread, and none throws. zk_call_write_rtp and zk_call_write_frame never wait for
 * a lock, the disk or the network, and allocate nothing; frames of one leg come from one thread at a time. The first call
 * that a thread makes attaches it to the library's runtime, which takes some microseconds: zk_abi_version() does it ahead
 * of time. All others may allocate; zk_recorder_create and zk_recorder_destroy also wait.
 *
 * Strings are UTF-8, end with a zero byte, and are copied. Handles are numbers: one that was closed, or never was, is
 * answered with ZK_E_HANDLE. Do not fork after zk_recorder_create, and do not unload the library.
 */
#ifndef ZKCALLS_H
#define ZKCALLS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The interface that this header describes. It grows at the end of structures, which carry their size; anything else
 * raises the version, and zk_abi_version() of the library must be the same. */
#define ZK_ABI_VERSION 1u

/* 0 is never a handle. */
typedef uint64_t zk_recorder;
typedef uint64_t zk_call;

/* What became of a request: 0 and above is no error. */
typedef enum zk_result {
    ZK_OK = 0,
    ZK_MASKED = 1,       /* write: a mask keeps the frame out of the recording, which tells it by a gap */
    ZK_DROPPED = 2,      /* write: there was no room; the recording tells it by a gap */
    ZK_ENDED = 3,        /* write: the call has ended, or the recorder was destroyed */
    ZK_SPOOLED = 4,      /* destroy: not everything was stored in time; it is in the spool, and the next recorder sends it */
    ZK_E_ARGUMENT = -1,  /* an argument is missing or out of range */
    ZK_E_HANDLE = -2,    /* the handle was closed, or never was one */
    ZK_E_SIZE = -3,      /* a structure's size is none that this library knows: set it with sizeof */
    ZK_E_CONFIG = -4,    /* a setting is missing, out of range, or names a file that cannot be used */
    ZK_E_IO = -5,        /* the spool or the register cannot be used */
    ZK_E_LIMIT = -6,     /* the recorder has as many calls as it may have, or no locked memory for more */
    ZK_E_MALFORMED = -7, /* write: not an RTP packet, a payload over 8,192 bytes, or no such leg */
    ZK_E_INTERNAL = -8   /* an error of the library */
} zk_result;

enum { ZK_LOG_DEBUG = 1, ZK_LOG_INFORMATION = 2, ZK_LOG_WARNING = 3, ZK_LOG_ERROR = 4, ZK_LOG_CRITICAL = 5 };

/* Called on the library's threads, several at once; must not wait. The message is gone afterwards. It never has content of a call. */
typedef void (*zk_log_callback)(void *context, int32_t level, int32_t event_id, const char *message);

/* Set everything to zero, then size; what is left 0 or NULL has its default. */
typedef struct zk_recorder_config {
    uint32_t size;                   /* sizeof(zk_recorder_config) */
    uint32_t archive_count;          /* 1 to 8 */
    const char *const *archives;     /* addresses: https, or http to this machine */
    const char *spool;               /* a folder of this recorder alone, on a local disk */
    const char *register_file;       /* the register, a SQLite file */
    const char *gateway_key;         /* the file of the gateway's signing key */
    const char *recipients;          /* the file of the recipients' public keys */
    const char *trust;               /* the trust list's file; default none: receipts are not verified */
    const char *client_certificate;  /* PEM file; default none */
    const char *client_key;          /* PEM file */
    const char *server_authorities;  /* PEM file; default those of the system */
    uint32_t tick_ms;                /* 20 to 60,000; default 1,000 */
    uint32_t legs;                   /* for how many a chunk has room, 1 to 15; default 2 */
    uint32_t max_bit_rate;           /* of a leg, in bits per second; default 64,000 */
    uint32_t max_mask_ms;            /* 1,000 to 86,400,000; default 300,000 */
    uint32_t max_calls;              /* default no bound */
    uint32_t allow_single_recipient; /* 1 if a lost key may lose every recording */
    uint64_t spool_bytes;            /* at least 65,536; default 4 GiB */
    zk_log_callback log;             /* default none */
    void *log_context;
} zk_recorder_config;

typedef struct zk_payload_type {
    uint32_t number;     /* 0 to 127 */
    uint32_t clock_rate; /* Hz */
    uint32_t channels;   /* 1 to 255 */
    uint32_t reserved;   /* 0 */
    const char *codec;   /* as in IANA's registry: "PCMA", "opus", "telephone-event" */
} zk_payload_type;

typedef struct zk_leg {
    const char *label;   /* for people: "caller" */
    const char *name;    /* who speaks; NULL if not known */
    const char *address; /* a telephone number or SIP address; NULL if not known */
    const zk_payload_type *payload_types;
    uint32_t payload_type_count; /* 1 to 16 */
    uint32_t reserved;           /* 0 */
} zk_leg;

typedef struct zk_tag {
    const char *key;
    const char *value;
} zk_tag;

typedef struct zk_call_info {
    uint32_t size; /* sizeof(zk_call_info) */
    uint32_t leg_count; /* 1 to 15 */
    const char *call_id; /* the integrator's; need not be unique */
    const zk_leg *legs;
    const zk_tag *tags; /* the integrator's own keys and values */
    uint32_t tag_count;
    uint32_t reserved; /* 0 */
} zk_call_info;

typedef struct zk_stats {
    uint32_t size;               /* sizeof(zk_stats), set by the caller */
    uint32_t active_calls;       /* begun and not sealed */
    uint64_t spooled_bytes;      /* chunks that some archive lacks */
    uint64_t register_waiting;   /* changes that wait for the register */
    uint32_t spool_full;         /* 1 while new audio becomes gaps */
    uint32_t archives_connected; /* archives that have answered; none before there is anything to send */
} zk_stats;

typedef enum zk_mask_reason { ZK_REASON_MASKED = 2, ZK_REASON_PAUSED = 3 } zk_mask_reason;

/* The interface version of the library. Attaches the calling thread. */
uint32_t zk_abi_version(void);

/* A sentence for a result; never NULL, never freed. */
const char *zk_error_string(int32_t result);

/* Why the calling thread's last failed request failed, in words. Copies at most size - 1 bytes and a zero, and returns the
 * length of the whole message; 0 if there is none. Writes leave it as it is. */
size_t zk_last_error(char *buffer, size_t size);

/* Starts a recorder. A configuration file is JSON: an object "CallRecorder" with the names of the settings of
 * docs/C-LIBRARY.md. *recorder is 0 on failure. */
zk_result zk_recorder_create(const zk_recorder_config *config, zk_recorder *recorder);
zk_result zk_recorder_create_from_file(const char *path, zk_log_callback log, void *log_context, zk_recorder *recorder);

/* Seals live calls as aborted, sends for at most timeout_ms, and closes the recorder. Handles of its calls stay valid until
 * they are completed or discarded, and record nothing more. */
zk_result zk_recorder_destroy(zk_recorder recorder, uint32_t timeout_ms);

zk_result zk_recorder_stats(zk_recorder recorder, zk_stats *stats);

/* Begins to record a call. Returns at once; frames that arrive before its keys are made are kept. *call is 0 on failure. */
zk_result zk_call_begin(zk_recorder recorder, const zk_call_info *info, zk_call *call);

/* The 32 hexadecimal digits of the call's recording id, and a zero. */
zk_result zk_call_id(zk_call call, char id[33]);

/* A whole RTP packet as it came from the network. */
zk_result zk_call_write_rtp(zk_call call, uint32_t leg, const void *packet, size_t size);

/* A codec's payload without RTP: the caller counts the sequence; the timestamp is in units of the payload type's clock rate. */
zk_result zk_call_write_frame(zk_call call, uint32_t leg, uint32_t payload_type, uint16_t sequence, uint32_t timestamp,
                              const void *payload, size_t size);

/* Keeps legs out of the recording from now on: bit n is leg n, 0 means all. Lasts until zk_call_mask_end, and the
 * configuration's maximum at most. Armed, it begins with the first digit (RFC 4733), which is itself kept out. */
zk_result zk_call_mask_begin(zk_call call, uint32_t legs, zk_mask_reason reason);
zk_result zk_call_mask_arm(zk_call call, uint32_t legs, zk_mask_reason reason);
zk_result zk_call_mask_end(zk_call call);

/* The call ended well: it is sealed in the background, and the handle is closed. */
zk_result zk_call_complete(zk_call call);

/* The recording is not wanted: it is wiped if nothing has left the process, else sealed as discarded. Closes the handle. */
zk_result zk_call_discard(zk_call call);

#ifdef __cplusplus
}
#endif
#endif
