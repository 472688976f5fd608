/* A seeder that costs next to nothing, so that a run measures the downloader: headers by send(), bodies by sendfile() straight
 * from the page cache, one thread, poll(). BEP 3 only, everybody is unchoked as soon as interested, no state beyond a queue.
 *
 * cheap-seeder INFO_HASH PAYLOAD PIECE_LENGTH BYTES_PER_SECOND ADDRESS:PORT...
 * The rate is one connection's, 0 for none. Prints "ready" when all addresses listen; ends with SIGTERM.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAX_SOCKETS = 1024, MAX_REQUESTS = 8192, INPUT_BYTES = 1 << 17, MAX_BLOCK = 1 << 17 };

struct request {
    uint32_t piece, begin, length;
};

struct connection {
    uint8_t input[INPUT_BYTES];
    size_t input_length;
    struct request queue[MAX_REQUESTS]; /* a ring */
    unsigned first, count;
    size_t head_sent, body_sent; /* of the first request */
    int greeted, unchoked, blocked;
    double allowance; /* bytes it may still send; meaningful with a rate only */
};

static struct pollfd sockets[MAX_SOCKETS];
static struct connection *connections[MAX_SOCKETS]; /* NULL for listeners */
static int socket_count;
static int payload;
static uint64_t payload_bytes;
static uint32_t piece_length;
static double rate;
static uint8_t info_hash[20];

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint32_t read_u32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, 4);
    return ntohl(value);
}

static void write_u32(uint8_t *at, uint32_t value)
{
    value = htonl(value);
    memcpy(at, &value, 4);
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void add_socket(int fd, struct connection *connection)
{
    if (socket_count == MAX_SOCKETS) {
        close(fd);
        free(connection);
        return;
    }
    sockets[socket_count] = (struct pollfd){.fd = fd, .events = POLLIN};
    connections[socket_count++] = connection;
}

static void remove_socket(int index)
{
    close(sockets[index].fd);
    free(connections[index]);
    socket_count--;
    sockets[index] = sockets[socket_count];
    connections[index] = connections[socket_count];
}

static int send_all(int fd, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            struct pollfd wait = {.fd = fd, .events = POLLOUT};
            poll(&wait, 1, 1000);
            continue;
        }
        if (sent <= 0) return 0;
        bytes += sent;
        length -= (size_t)sent;
    }
    return 1;
}

/* Handshake and full bitfield. */
static int greet(int fd)
{
    uint32_t pieces = (uint32_t)((payload_bytes + piece_length - 1) / piece_length);
    uint32_t field = (pieces + 7) / 8;
    size_t length = 68 + 5 + field;
    uint8_t *out = calloc(1, length);
    out[0] = 19;
    memcpy(out + 1, "BitTorrent protocol", 19);
    memcpy(out + 28, info_hash, 20);
    memcpy(out + 48, "-XX0001-", 8);
    for (int i = 56; i < 68; i++) out[i] = (uint8_t)('a' + rand() % 26);
    write_u32(out + 68, field + 1);
    out[72] = 5;
    for (uint32_t i = 0; i < pieces; i++) out[73 + i / 8] |= (uint8_t)(0x80 >> i % 8);
    int good = send_all(fd, out, length);
    free(out);
    return good;
}

/* Sends queued blocks until the socket is full, the allowance is used up or the queue is empty; 0 ends the connection. */
static int serve(int fd, struct connection *c)
{
    c->blocked = 0;
    while (c->count > 0 && (rate == 0 || c->allowance > 0)) {
        struct request *r = &c->queue[c->first];
        if (c->head_sent < 13) {
            uint8_t head[13];
            write_u32(head, 9 + r->length);
            head[4] = 7;
            write_u32(head + 5, r->piece);
            write_u32(head + 9, r->begin);
            ssize_t sent = send(fd, head + c->head_sent, 13 - c->head_sent, MSG_MORE | MSG_NOSIGNAL);
            if (sent < 0 && errno == EAGAIN) break;
            if (sent <= 0) return 0;
            c->head_sent += (size_t)sent;
            continue;
        }
        off_t at = (off_t)((uint64_t)r->piece * piece_length + r->begin + c->body_sent);
        ssize_t sent = sendfile(fd, payload, &at, r->length - c->body_sent);
        if (sent < 0 && errno == EAGAIN) break;
        if (sent <= 0) return 0;
        c->body_sent += (size_t)sent;
        c->allowance -= (double)sent;
        if (c->body_sent == r->length) {
            c->first = (c->first + 1) % MAX_REQUESTS;
            c->count--;
            c->head_sent = c->body_sent = 0;
        }
    }
    c->blocked = c->count > 0 && (rate == 0 || c->allowance > 0);
    if (c->count == 0) { /* push out what MSG_MORE may hold back */
        int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    return 1;
}

static void forget(struct connection *c, struct request r)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < c->count; i++) {
        struct request q = c->queue[(c->first + i) % MAX_REQUESTS];
        int started = i == 0 && c->head_sent > 0;
        if (!started && memcmp(&q, &r, sizeof q) == 0) continue;
        c->queue[(c->first + kept++) % MAX_REQUESTS] = q;
    }
    c->count = kept;
}

/* One message without its length; 0 ends the connection. */
static int handle(int fd, struct connection *c, const uint8_t *message, uint32_t length)
{
    if (length == 0) return 1;
    if (message[0] == 2 && !c->unchoked) {
        static const uint8_t unchoke[5] = {0, 0, 0, 1, 1};
        c->unchoked = 1;
        return send_all(fd, unchoke, sizeof unchoke);
    }
    if (length != 13 || (message[0] != 6 && message[0] != 8)) return 1;
    struct request r = {read_u32(message + 1), read_u32(message + 5), read_u32(message + 9)};
    if (message[0] == 8) {
        forget(c, r);
        return 1;
    }
    if (r.length == 0 || r.length > MAX_BLOCK || (uint64_t)r.piece * piece_length + r.begin + r.length > payload_bytes) return 0;
    if (c->count == MAX_REQUESTS) return 0;
    c->queue[(c->first + c->count++) % MAX_REQUESTS] = r;
    return 1;
}

static int receive(int fd, struct connection *c)
{
    ssize_t got = recv(fd, c->input + c->input_length, INPUT_BYTES - c->input_length, 0);
    if (got < 0 && errno == EAGAIN) return 1;
    if (got <= 0) return 0;
    c->input_length += (size_t)got;
    size_t at = 0;
    if (!c->greeted) {
        if (c->input[0] != 19) return 0;
        if (c->input_length < 68) return 1;
        if (memcmp(c->input + 28, info_hash, 20) != 0 || !greet(fd)) return 0;
        c->greeted = 1;
        at = 68;
    }
    while (c->input_length - at >= 4) {
        uint32_t length = read_u32(c->input + at);
        if (length > INPUT_BYTES - 4) return 0;
        if (c->input_length - at - 4 < length) break;
        if (!handle(fd, c, c->input + at + 4, length)) return 0;
        at += 4 + length;
    }
    memmove(c->input, c->input + at, c->input_length - at);
    c->input_length -= at;
    return 1;
}

static void listen_on(char *address)
{
    char *colon = strrchr(address, ':');
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(colon + 1))};
    *colon = 0;
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (inet_aton(address, &name.sin_addr) == 0 || bind(fd, (struct sockaddr *)&name, sizeof name) != 0 || listen(fd, 64) != 0) fail(address);
    add_socket(fd, NULL);
}

int main(int argc, char **argv)
{
    if (argc < 6 || strlen(argv[1]) != 40) {
        fprintf(stderr, "usage: cheap-seeder INFO_HASH PAYLOAD PIECE_LENGTH BYTES_PER_SECOND ADDRESS:PORT...\n");
        return 2;
    }
    for (int i = 0; i < 20; i++) sscanf(argv[1] + 2 * i, "%2hhx", &info_hash[i]);
    struct stat status;
    payload = open(argv[2], O_RDONLY);
    if (payload < 0 || fstat(payload, &status) != 0) fail(argv[2]);
    payload_bytes = (uint64_t)status.st_size;
    piece_length = (uint32_t)atol(argv[3]);
    rate = atof(argv[4]);
    for (int i = 5; i < argc; i++) listen_on(argv[i]);
    int listeners = socket_count;
    puts("ready");
    fflush(stdout);

    double last = seconds();
    for (;;) {
        for (int i = listeners; i < socket_count; i++) sockets[i].events = POLLIN | (connections[i]->blocked ? POLLOUT : 0);
        poll(sockets, (nfds_t)socket_count, rate == 0 ? -1 : 10);
        double now = seconds(), passed = now - last;
        last = now;
        for (int i = socket_count - 1; i >= listeners; i--) {
            struct connection *c = connections[i];
            if (rate > 0) { /* at most 50 ms of it are saved up */
                c->allowance += rate * passed;
                if (c->allowance > rate * 0.05) c->allowance = rate * 0.05;
            }
            int good = 1;
            if (sockets[i].revents & (POLLIN | POLLHUP | POLLERR)) good = receive(sockets[i].fd, c);
            if (good && c->count > 0) good = serve(sockets[i].fd, c);
            if (!good) remove_socket(i);
        }
        for (int i = 0; i < listeners; i++) {
            if (!(sockets[i].revents & POLLIN)) continue;
            int fd = accept4(sockets[i].fd, NULL, NULL, SOCK_NONBLOCK), one = 1;
            if (fd < 0) continue;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            add_socket(fd, calloc(1, sizeof(struct connection)));
        }
    }
}
