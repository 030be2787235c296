"""SPDY/3.1 as far as port forwarding speaks it: frames from bytes and to bytes. No flow control: kubectl knows none.

Source: draft-mbelshe-httpbis-spdy-00.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

LONGEST = 1024 * 1024  # bytes of one frame
PROTOCOL_ERROR, INVALID_STREAM, REFUSED_STREAM = 1, 2, 3
"""Why a stream is reset."""

_LONGEST_HEADERS = 64 * 1024  # bytes, unpacked
_VERSION = 3
_LAST = 1  # the flag of a stream's last frame

_WORDS = (
    "options,head,post,put,delete,trace,accept,accept-charset,accept-encoding,accept-language,accept-ranges,age,allow,"
    "authorization,cache-control,connection,content-base,content-encoding,content-language,content-length,"
    "content-location,content-md5,content-range,content-type,date,etag,expect,expires,from,host,if-match,"
    "if-modified-since,if-none-match,if-range,if-unmodified-since,last-modified,location,max-forwards,pragma,"
    "proxy-authenticate,proxy-authorization,range,referer,retry-after,server,te,trailer,transfer-encoding,upgrade,"
    "user-agent,vary,via,warning,www-authenticate,method,get,status,200 OK,version,HTTP/1.1,url,public,set-cookie,"
    "keep-alive,origin"
)
_TAIL = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized"
    "403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable"
    "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT"
    "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,"
    "text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)
DICTIONARY = (
    b"".join(struct.pack(">I", len(word)) + word.encode() for word in _WORDS.split(","))
    + _TAIL.encode()
)
"""What both sides' header compression begins with; its Adler-32 is 0xe3c6a7c2."""


class _Type(IntEnum):
    SYN_STREAM = 1
    SYN_REPLY = 2
    RST_STREAM = 3
    PING = 6


class BadFrame(Exception):
    """Bytes that are no SPDY."""


@dataclass(frozen=True, slots=True)
class Opened:
    stream: int
    headers: Mapping[str, str]
    last: bool  # the client will send nothing on it


@dataclass(frozen=True, slots=True)
class Data:
    stream: int
    payload: bytes
    last: bool


@dataclass(frozen=True, slots=True)
class Reset:
    stream: int


@dataclass(frozen=True, slots=True)
class Ping:
    number: int


Frame = Opened | Data | Reset | Ping


class Decoder:
    """Bytes as they come, in pieces of any size; whole frames as soon as they are there."""

    def __init__(self) -> None:
        self._rest = b""
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Frames that port forwarding has no use for are passed over."""
        self._rest += data
        while len(self._rest) >= 8:
            first, second = struct.unpack_from(">II", self._rest)
            flags, length = second >> 24, second & 0xFFFFFF
            if length > LONGEST:
                raise BadFrame(f"a frame of {length} bytes, at most {LONGEST} are taken")
            if len(self._rest) < 8 + length:
                return
            body, self._rest = self._rest[8 : 8 + length], self._rest[8 + length :]
            last = bool(flags & _LAST)
            if not first >> 31:
                yield Data(first, body, last)
            elif first >> 16 & 0x7FFF != _VERSION:
                raise BadFrame(f"a frame of version {first >> 16 & 0x7FFF}, not {_VERSION}")
            elif frame := self._control(first & 0xFFFF, body, last=last):
                yield frame

    def _control(self, type_: int, body: bytes, *, last: bool) -> Frame | None:
        try:
            match type_:
                case _Type.SYN_STREAM:
                    (stream,) = struct.unpack_from(">I", body)
                    return Opened(stream & 0x7FFFFFFF, self._headers(body[10:]), last)
                case _Type.RST_STREAM:
                    (stream,) = struct.unpack_from(">I", body)
                    return Reset(stream & 0x7FFFFFFF)
                case _Type.PING:
                    return Ping(*struct.unpack_from(">I", body))
        except (struct.error, zlib.error, UnicodeDecodeError) as problem:
            raise BadFrame(f"a frame of type {type_} that cannot be read: {problem}") from problem
        return None

    def _headers(self, block: bytes) -> dict[str, str]:
        text = self._inflate.decompress(block, _LONGEST_HEADERS)
        if self._inflate.unconsumed_tail:
            raise BadFrame(f"headers of more than {_LONGEST_HEADERS} bytes")
        words, at = [], 4
        (count,) = struct.unpack_from(">I", text)
        for _ in range(2 * count):
            (length,) = struct.unpack_from(">I", text, at)
            words.append(text[at + 4 : at + 4 + length].decode())
            at += 4 + length
        return dict(zip(words[::2], words[1::2], strict=True))


class Encoder:
    def __init__(self) -> None:
        self._deflate = zlib.compressobj(zdict=DICTIONARY)

    def reply(self, stream: int) -> bytes:
        """The stream is taken; without headers."""
        block = self._deflate.compress(struct.pack(">I", 0))
        block += self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return _control(_Type.SYN_REPLY, struct.pack(">I", stream) + block)


def data(stream: int, payload: bytes, *, last: bool = False) -> bytes:
    return struct.pack(">II", stream, (last and _LAST) << 24 | len(payload)) + payload


def reset(stream: int, why: int) -> bytes:
    return _control(_Type.RST_STREAM, struct.pack(">II", stream, why))


def ping(number: int) -> bytes:
    return _control(_Type.PING, struct.pack(">I", number))


def _control(type_: int, body: bytes) -> bytes:
    return struct.pack(">HHI", 0x8000 | _VERSION, type_, len(body)) + body
