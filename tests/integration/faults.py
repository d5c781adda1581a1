"""A TCP proxy in the test's own process, to cut, refuse and stall connections."""
import selectors
import socket
import threading


class Proxy:
    """Forwards 127.0.0.1:port to `target` (host, port, or a unix socket's path)."""

    def __init__(self, target, port=0):
        self.target = target
        self.port = port
        self._lock = threading.Lock()
        self._pairs = set()
        self._flow = threading.Event()
        self._flow.set()
        self._admit = threading.Event()
        self._admit.set()
        self._listener = None
        self.accepted = 0
        self.bytes_up = self.bytes_down = 0
        self.open()

    # -- faults

    def open(self):
        """Accept connections (again)."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen()
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def refuse(self):
        """Refuse new connections and cut those that are open."""
        listener, self._listener = self._listener, None
        if listener:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.cut()

    def cut(self):
        """Cut the open connections; new ones are welcome."""
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for s in pair:
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def stall(self):
        """Keep connections open and pass nothing on, in both directions."""
        self._flow.clear()

    def hold_new(self):
        """Connections that come from now on get no answer; those that are open go on."""
        self._admit.clear()

    def resume(self):
        self._flow.set()
        self._admit.set()

    def close(self):
        self.refuse()
        self.resume()

    # -- work

    def _connect(self):
        if isinstance(self.target, str):
            s = socket.socket(socket.AF_UNIX)
        else:
            s = socket.socket()
        s.connect(self.target)
        return s

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                server = self._connect()
            except OSError:
                client.close()
                continue
            with self._lock:
                self._pairs.add((client, server))
                self.accepted += 1
            threading.Thread(target=self._serve, args=(client, server), daemon=True).start()

    def _serve(self, client, server):
        self._admit.wait()
        with selectors.DefaultSelector() as wait:
            wait.register(client, selectors.EVENT_READ, server)
            wait.register(server, selectors.EVENT_READ, client)
            try:
                while all(self._pass(key.fileobj, key.data, client) for key, _ in wait.select()):
                    pass
            except OSError:
                pass
        with self._lock:
            self._pairs.discard((client, server))
        client.close()
        server.close()

    def _pass(self, source, destination, client):
        self._flow.wait()
        data = source.recv(65536)
        self._flow.wait()
        destination.sendall(data)
        if source is client:
            self.bytes_up += len(data)
        else:
            self.bytes_down += len(data)
        return bool(data)
