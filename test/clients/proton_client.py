"""Drives the double with Qpid Proton, which knows AMQP and nothing of Service Bus. Its only argument is the port."""

import sys
import threading

try:
    import proton
    from proton import Described, Message, symbol, ulong
    from proton.handlers import MessagingHandler
    from proton.reactor import AtMostOnce, Container, Filter
    from proton.utils import BlockingConnection, LinkDetached, SendException
except ImportError as error:
    print(f"missing {error.name}")
    sys.exit(0)

URL = f"localhost:{sys.argv[1]}"
checks = []


def check(body):
    checks.append(body)
    return body


def connect():
    return BlockingConnection(URL, timeout=5, allowed_mechs="ANONYMOUS")


def send(connection, address, body, **fields):
    sender = connection.create_sender(address)
    sender.send(Message(body=body, **fields))
    sender.close()


def run(handler):
    thread = threading.Thread(target=Container(handler).run, daemon=True)
    thread.start()
    thread.join(5)


@check
def sends_receives_and_accepts(connection):
    send(connection, "plain", "hello", id="m-1", properties={"text": "x", "flag": True, "whole": 7})
    receiver = connection.create_receiver("plain", credit=1)
    message = receiver.receive(timeout=5)
    assert (message.body, message.id) == ("hello", "m-1")
    assert message.properties["flag"] is True and message.properties["whole"] == 7, message.properties
    assert message.annotations[symbol("x-opt-sequence-number")] > 0
    receiver.accept()
    receiver.close()


def returns(connection, delivered, count):
    send(connection, "plain", "again")
    receiver = connection.create_receiver("plain", credit=2)
    receiver.receive(timeout=5)
    receiver.release(delivered=delivered)
    message = receiver.receive(timeout=5)
    assert message.delivery_count == count, message.delivery_count
    receiver.accept()
    receiver.close()


@check
def releases(connection):
    returns(connection, False, 0)


@check
def modifies(connection):
    returns(connection, True, 1)


@check
def rejects_into_the_dead_letter_queue(connection):
    send(connection, "plain", "bad")
    receiver = connection.create_receiver("plain", credit=1)
    receiver.receive(timeout=5)
    receiver.reject()
    receiver.close()
    dead = connection.create_receiver("plain/$DeadLetterQueue", credit=1)
    assert dead.receive(timeout=5).body == "bad"
    dead.accept()
    dead.close()


@check
def receives_at_most_once(connection):
    send(connection, "plain", "gone")
    receiver = connection.create_receiver("plain", credit=1, options=AtMostOnce())
    assert receiver.receive(timeout=5).body == "gone"
    receiver.close()


@check
def sends_and_receives_what_is_larger_than_a_frame(connection):
    send(connection, "plain", "x" * 200_000)
    receiver = connection.create_receiver("plain", credit=1)
    assert len(receiver.receive(timeout=5).body) == 200_000
    receiver.accept()
    receiver.close()


@check
def hears_that_a_message_is_too_large(connection):
    sender = connection.create_sender("plain")
    try:
        sender.send(Message(body="x" * 300_000))
    except (SendException, LinkDetached):
        return
    raise AssertionError("it was taken")


class SessionFilter(Filter):
    """Described, as the guide to the AMQP of Service Bus has it."""

    def __init__(self, session):
        super().__init__({symbol("com.microsoft:session-filter"): Described(ulong(0x137000000C), session)})


@check
def uses_a_session(connection):
    send(connection, "sessions", "in it", group_id="one")
    receiver = connection.create_receiver("sessions", credit=1, options=SessionFilter("one"))
    message = receiver.receive(timeout=5)
    assert (message.body, message.group_id) == ("in it", "one")
    receiver.accept()
    receiver.close()


@check
def reads_a_topic(connection):
    send(connection, "topic", "copy")
    receiver = connection.create_receiver("topic/Subscriptions/all", credit=1)
    assert receiver.receive(timeout=5).body == "copy"
    receiver.accept()
    receiver.close()


@check
def hears_of_an_entity_that_does_not_exist(connection):
    try:
        connection.create_sender("nowhere")
    except LinkDetached as error:
        assert "amqp:not-found" in str(error), error
        return
    raise AssertionError("it was opened")


@check
def hears_that_there_are_no_transactions(_):
    class Declare(MessagingHandler):
        condition = None

        def on_start(self, event):
            self.container = event.container
            self.connection = event.container.connect(URL, allowed_mechs="ANONYMOUS", reconnect=False)

        def on_connection_opened(self, _):
            self.container.declare_transaction(self.connection, handler=self)

        def on_link_error(self, event):
            Declare.condition = event.link.remote_condition.name
            event.connection.close()

    run(Declare())
    assert Declare.condition == "amqp:not-implemented", Declare.condition


@check
def opens_begins_attaches_and_flows_at_once(connection):
    # The reactor writes all of it together, before it has heard anything.
    send(connection, "plain", "at once")

    class Receive(MessagingHandler):
        body = None

        def on_start(self, event):
            opened = event.container.connect(URL, allowed_mechs="ANONYMOUS", reconnect=False)
            event.container.create_receiver(opened, "plain")

        def on_message(self, event):
            Receive.body = event.message.body
            event.connection.close()

    run(Receive())
    assert Receive.body == "at once", Receive.body


print(f"proton {'.'.join(str(part) for part in proton.VERSION)}")
for body in checks:
    title = body.__name__.replace("_", " ")
    try:
        opened = connect()
        try:
            body(opened)
        finally:
            opened.close()
        print(f"ok {title}", flush=True)
    except Exception as error:  # noqa: BLE001
        print(f"not ok {title}: {type(error).__name__}: {str(error)[:300]}", flush=True)
