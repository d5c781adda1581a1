"""One record, from a topic or a line of --stdout, with its parts at hand."""
import json


def payload(text):
    """The payload of a converter's bytes, with or without the schema around it."""
    if text is None:
        return None
    value = json.loads(text)
    if isinstance(value, dict) and set(value) == {"schema", "payload"}:
        return value["payload"]
    return value


def schema(text):
    return json.loads(text)["schema"]


class Record:
    """`key_text` and `value_text` are the bytes as text, None for Kafka's null."""

    def __init__(self, topic, key_text, value_text, headers, partition=None, offset=None):
        self.topic = topic
        self.key_text, self.value_text = key_text, value_text
        self.header_list = headers
        self.headers = dict(headers)
        self.partition, self.offset = partition, offset
        self.key = payload(key_text)
        self.value = payload(value_text)

    @classmethod
    def from_line(cls, line):
        """A line of --stdout; numbers and member order of the parts are kept."""
        parts = json.loads(line)

        def text(member):
            return None if parts[member] is None else json.dumps(parts[member], ensure_ascii=False)
        return cls(parts["topic"], text("key"), text("value"), parts["headers"])

    @property
    def table(self):
        """The topic without its prefix: schema.table."""
        return self.topic.partition(".")[2]

    @property
    def tombstone(self):
        return self.value_text is None

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
        return f"<{self.op} {self.topic} key={self.key_text} value={(self.value_text or '')[:300]}>"


def ops(records):
    return [r.op for r in records]


def rows(records):
    """(op, before, after) of each; tombstones as ("tombstone", key)."""
    return [("tombstone", r.key) if r.tombstone else (r.op, r.before, r.after) for r in records]


def afters(records):
    return [r.after for r in records if not r.tombstone]
