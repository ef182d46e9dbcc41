"""Settings of gRPC's core: bounds of messages and connections."""

from nlp_apps.server.limits import Limits

_STREAMS = 128
"""Concurrent calls of one connection; further ones wait in the client."""

_IDLE, _AGE, _PING = 75, 600, 30
"""Seconds after which a connection without calls is closed, after which each is closed when its
calls end, and after which a silent client receives a ping."""

_MAX_INT = 2**31 - 1
_MAX_SECONDS = 1_000_000


def settings(limits: Limits) -> list[tuple[str, int]]:
    """Returns the settings of a server, by the names of `grpc_types.h`."""

    def milliseconds(seconds: float) -> int:
        return int(1000 * min(seconds, _MAX_SECONDS))

    return [
        ("grpc.so_reuseport", 0),
        ("grpc.max_receive_message_length", min(limits.max_body_bytes, _MAX_INT)),
        ("grpc.max_send_message_length", -1),
        # No compression: the size of a message would be known too late.
        ("grpc.compression_enabled_algorithms_bitset", 1),
        ("grpc.per_message_decompression", 0),
        # 64 KiB of a connection are buffered before a message is read.
        ("grpc.http2.bdp_probe", 0),
        ("grpc.max_concurrent_streams", _STREAMS),
        ("grpc.max_allowed_incoming_connections", min(limits.max_connections, _MAX_INT)),
        ("grpc.server_handshake_timeout_ms", milliseconds(limits.head_timeout)),
        ("grpc.max_connection_idle_ms", milliseconds(_IDLE)),
        ("grpc.max_connection_age_ms", milliseconds(_AGE)),
        (
            "grpc.max_connection_age_grace_ms",
            milliseconds(limits.timeout + limits.write_timeout),
        ),
        ("grpc.keepalive_time_ms", milliseconds(_PING)),
        ("grpc.keepalive_timeout_ms", milliseconds(limits.write_timeout)),
    ]
