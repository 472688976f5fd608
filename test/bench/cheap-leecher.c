/* A downloader that costs next to nothing, so that a run measures the seeder: it asks for every block in order, a fixed number at
 * a time, compares each with the payload it already has, and keeps none.
 *
 * cheap-leecher INFO_HASH PAYLOAD PIECE_LENGTH DEPTH ADDRESS:PORT
 * Ends with 0 when every block came and was right, with 1 and a line on stderr otherwise.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 1 << 14, INPUT_BYTES = 1 << 20, MAX_DEPTH = 2000 };

static uint8_t input[INPUT_BYTES];
static const uint8_t *payload;
static uint64_t payload_bytes, asked, received;
static uint32_t piece_length;
static int peer;

static void give_up(const char *why)
{
    fprintf(stderr, "cheap-leecher: %s after %llu bytes\n", why, (unsigned long long)received);
    exit(1);
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

static void send_all(const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(peer, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0) give_up("the seeder takes nothing more");
        bytes += sent;
        length -= (size_t)sent;
    }
}

/* The block that begins at `offset` of the payload ends with its piece, with the payload, or after 16 KiB. */
static uint32_t block_length(uint64_t offset)
{
    uint64_t in_piece = offset % piece_length, length = BLOCK;
    if (in_piece + length > piece_length) length = piece_length - in_piece;
    if (offset + length > payload_bytes) length = payload_bytes - offset;
    return (uint32_t)length;
}

/* Tops the requests up to `depth` blocks, in one send. */
static void ask(unsigned depth)
{
    static uint8_t out[MAX_DEPTH * 17];
    size_t length = 0;
    while (asked < payload_bytes && asked - received < (uint64_t)depth * BLOCK && length < sizeof out) {
        uint8_t *at = out + length;
        write_u32(at, 13);
        at[4] = 6;
        write_u32(at + 5, (uint32_t)(asked / piece_length));
        write_u32(at + 9, (uint32_t)(asked % piece_length));
        write_u32(at + 13, block_length(asked));
        asked += block_length(asked);
        length += 17;
    }
    send_all(out, length);
}

int main(int argc, char **argv)
{
    if (argc != 6 || strlen(argv[1]) != 40) {
        fprintf(stderr, "usage: cheap-leecher INFO_HASH PAYLOAD PIECE_LENGTH DEPTH ADDRESS:PORT\n");
        return 2;
    }
    struct stat status;
    int file = open(argv[2], O_RDONLY);
    if (file < 0 || fstat(file, &status) != 0) give_up("no payload");
    payload_bytes = (uint64_t)status.st_size;
    payload = mmap(NULL, payload_bytes, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
    if (payload == MAP_FAILED) give_up("the payload can't be mapped");
    piece_length = (uint32_t)atol(argv[3]);
    if (piece_length == 0 || piece_length % BLOCK != 0) give_up("pieces must be whole blocks");
    uint8_t *came = calloc(1, payload_bytes / BLOCK + 1); /* answers may come in another order than the questions */
    unsigned depth = (unsigned)atoi(argv[4]);
    if (depth < 1 || depth > MAX_DEPTH) give_up("no such depth");

    char *colon = strrchr(argv[5], ':');
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(colon + 1))};
    *colon = 0;
    int one = 1;
    peer = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (inet_aton(argv[5], &name.sin_addr) == 0 || connect(peer, (struct sockaddr *)&name, sizeof name) != 0) give_up(strerror(errno));

    uint8_t hello[68] = {19};
    memcpy(hello + 1, "BitTorrent protocol", 19);
    for (int i = 0; i < 20; i++) sscanf(argv[1] + 2 * i, "%2hhx", &hello[28 + i]);
    memcpy(hello + 48, "-XX0002-abcdefghijkl", 20);
    send_all(hello, sizeof hello);

    size_t have = 0;
    int greeted = 0, unchoked = 0;
    while (received < payload_bytes) {
        ssize_t got = recv(peer, input + have, INPUT_BYTES - have, 0);
        if (got <= 0) give_up("the seeder closed the connection");
        have += (size_t)got;
        size_t at = 0;
        if (!greeted) {
            if (have < 68) continue;
            if (memcmp(input, hello, 20) != 0 || memcmp(input + 28, hello + 28, 20) != 0) give_up("another handshake");
            static const uint8_t interested[5] = {0, 0, 0, 1, 2}; /* not sooner: aria2 closes on bytes behind a handshake it hasn't answered */
            send_all(interested, sizeof interested);
            greeted = 1;
            at = 68;
        }
        while (have - at >= 4) {
            uint32_t length = read_u32(input + at);
            if (length > INPUT_BYTES - 4) give_up("too long a message");
            if (have - at - 4 < length) break;
            const uint8_t *message = input + at + 4;
            at += 4 + length;
            if (length == 0) continue;
            if (message[0] == 0 && unchoked) {
                give_up("choked");
            } else if (message[0] == 1) {
                unchoked = 1;
            } else if (message[0] == 7 && length > 9) {
                uint64_t offset = (uint64_t)read_u32(message + 1) * piece_length + read_u32(message + 5);
                if (offset >= asked || offset % BLOCK != 0 || length - 9 != block_length(offset)) give_up("a block nobody asked for");
                if (came[offset / BLOCK]++) give_up("a block for the second time");
                if (memcmp(payload + offset, message + 9, length - 9) != 0) give_up("wrong bytes");
                received += length - 9;
            }
        }
        memmove(input, input + at, have - at);
        have -= at;
        if (unchoked && asked - received <= (uint64_t)depth * BLOCK / 2) ask(depth);
    }
    return 0;
}
