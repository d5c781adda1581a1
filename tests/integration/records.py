"""One record, from a topic or a line of --stdout, with its parts at hand."""
import json


def payload(value):
    """A converter's value without the schema around it, where there is one."""
    if isinstance(value, dict) and set(value) == {"schema", "payload"}:
        return value["payload"]
    return value


class Record:
    """`key` and `value` are what was sent, parsed, without schemas; None is Kafka's null."""

    def __init__(self, topic, key, value, headers, partition=None, offset=None):
        self.topic = topic
        self.key, self.value = payload(key), payload(value)
        self.tombstone = value is None
        self.header_list = headers
        self.headers = dict(headers)
        self.partition, self.offset = partition, offset

    @classmethod
    def from_line(cls, line):
        """A line of --stdout."""
        parts = json.loads(line)
        return cls(parts["topic"], parts["key"], parts["value"], parts["headers"])

    @classmethod
    def from_message(cls, message):
        """A message of a consumer."""
        headers = [(n, None if v is None else v.decode()) for n, v in message.headers() or []]
        return cls(message.topic(), *(None if b is None else json.loads(b)
                                      for b in (message.key(), message.value())),
                   headers, message.partition(), message.offset())

    @property
    def table(self):
        """The topic without its prefix: schema.table."""
        return self.topic.partition(".")[2]

    @property
    def op(self):
        """c, u, d, t, m; "tombstone" where there is no value."""
        return "tombstone" if self.tombstone else self.value["op"]

    @property
    def before(self):
        return self.value["before"]

    @property
    def after(self):
        return self.value["after"]

    @property
    def source(self):
        return self.value["source"]

    def __repr__(self):
        return f"<{self.op} {self.topic} key={self.key} value={str(self.value)[:300]}>"


def ops(records):
    return [r.op for r in records]


def rows(records):
    """(op, before, after) of each; tombstones as ("tombstone", key)."""
    return [("tombstone", r.key) if r.tombstone else (r.op, r.before, r.after) for r in records]


def afters(records):
    return [r.after for r in records if not r.tombstone]
