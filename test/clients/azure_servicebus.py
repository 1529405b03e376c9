"""Drives the double with Microsoft's client for Python, one line per check.

The arguments are the port and, for TLS, the file of the certificate that the port shows. Versions before 7.12 speak TLS only.
"""

import sys
import uuid
from datetime import datetime, timedelta, timezone

try:
    from azure.servicebus import (
        NEXT_AVAILABLE_SESSION,
        ServiceBusClient,
        ServiceBusMessage,
        ServiceBusReceiveMode,
        ServiceBusSubQueue,
    )
    from azure.servicebus import __version__
    from azure.servicebus.exceptions import (
        MessageSizeExceededError,
        MessagingEntityNotFoundError,
        OperationTimeoutError,
        ServiceBusAuthenticationError,
        ServiceBusError,
    )
except ImportError as error:
    print(f"missing {error.name}")
    sys.exit(0)

# With a certificate TLS is spoken, on the port that is the client's own default.
CERTIFICATE = sys.argv[2] if len(sys.argv) > 2 else None
HOST = "localhost" if CERTIFICATE else f"localhost:{sys.argv[1]};UseDevelopmentEmulator=true"
CONNECTION = f"Endpoint=sb://{HOST};SharedAccessKeyName=x;SharedAccessKey=eA=="
checks = []


def check(body):
    checks.append(body)
    return body


def connect():
    options = {"connection_verify": CERTIFICATE} if CERTIFICATE else {}
    return ServiceBusClient.from_connection_string(CONNECTION, retry_total=0, **options)


def receive(receiver, count=1, wait=5):
    messages = receiver.receive_messages(max_message_count=count, max_wait_time=wait)
    assert len(messages) == count, f"received {len(messages)} of {count}"
    return messages


def text(message):
    return b"".join(message.body).decode()


def name():
    return str(uuid.uuid4())


def must_fail(kind, action):
    try:
        action()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")


@check
def sends_receives_and_completes(client):
    with client.get_queue_sender("plain") as sender, client.get_queue_receiver("plain") as receiver:
        sender.send_messages(
            ServiceBusMessage(
                "hello",
                message_id="m-1",
                subject="s",
                correlation_id="c",
                content_type="text/plain",
                time_to_live=timedelta(seconds=60),
                application_properties={"text": "x", "whole": 7, "flag": True, "real": 1.5},
            )
        )
        (message,) = receive(receiver)
        assert text(message) == "hello"
        assert (message.message_id, message.subject, message.correlation_id) == ("m-1", "s", "c")
        properties = {k.decode() if isinstance(k, bytes) else k: v for k, v in message.application_properties.items()}
        assert properties["whole"] == 7 and properties["flag"] is True, properties
        assert message.sequence_number > 0 and message.enqueued_time_utc and message.locked_until_utc
        receiver.complete_message(message)
        assert receiver.receive_messages(max_wait_time=1) == []


@check
def sends_a_list_and_a_batch(client):
    with client.get_queue_sender("plain") as sender, client.get_queue_receiver("plain") as receiver:
        sender.send_messages([ServiceBusMessage(str(n)) for n in range(3)])
        batch = sender.create_message_batch()
        for n in range(3, 6):
            batch.add_message(ServiceBusMessage(str(n)))
        sender.send_messages(batch)
        seen = []
        while len(seen) < 6:
            for message in receiver.receive_messages(max_message_count=6, max_wait_time=5):
                seen.append(text(message))
                receiver.complete_message(message)
        assert seen == [str(n) for n in range(6)], seen


@check
def receives_and_deletes(client):
    with client.get_queue_sender("plain") as sender:
        sender.send_messages(ServiceBusMessage("gone"))
    with client.get_queue_receiver("plain", receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE) as receiver:
        assert text(receive(receiver)[0]) == "gone"
        assert receiver.peek_messages() == []


@check
def abandons_and_counts(client):
    with client.get_queue_sender("plain") as sender, client.get_queue_receiver("plain") as receiver:
        sender.send_messages(ServiceBusMessage("again"))
        (first,) = receive(receiver)
        assert first.delivery_count == 0
        receiver.abandon_message(first)
        (second,) = receive(receiver)
        assert second.delivery_count == 1
        receiver.complete_message(second)


@check
def dead_letters_with_a_reason(client):
    with client.get_queue_sender("plain") as sender, client.get_queue_receiver("plain") as receiver:
        sender.send_messages(ServiceBusMessage("bad"))
        receiver.dead_letter_message(receive(receiver)[0], reason="why", error_description="how")
    with client.get_queue_receiver("plain", sub_queue=ServiceBusSubQueue.DEAD_LETTER) as receiver:
        (message,) = receive(receiver)
        assert (message.dead_letter_reason, message.dead_letter_error_description) == ("why", "how")
        receiver.complete_message(message)


@check
def defers_and_settles_the_deferred(client):
    with client.get_queue_sender("plain") as sender, client.get_queue_receiver("plain") as receiver:
        sender.send_messages(ServiceBusMessage("later"))
        (message,) = receive(receiver)
        receiver.defer_message(message)
        (deferred,) = receiver.receive_deferred_messages(message.sequence_number)
        assert text(deferred) == "later" and deferred.delivery_count == 1
        receiver.renew_message_lock(deferred)
        receiver.abandon_message(deferred)
        (again,) = receiver.receive_deferred_messages([message.sequence_number])
        receiver.complete_message(again)
        assert receiver.peek_messages() == []


@check
def renews_a_lock(client):
    with client.get_queue_sender("plain") as sender, client.get_queue_receiver("plain") as receiver:
        sender.send_messages(ServiceBusMessage("mine"))
        (message,) = receive(receiver)
        until = message.locked_until_utc
        assert receiver.renew_message_lock(message) >= until
        receiver.complete_message(message)


@check
def peeks(client):
    with client.get_queue_sender("plain") as sender, client.get_queue_receiver("plain") as receiver:
        sender.send_messages([ServiceBusMessage(str(n)) for n in range(3)])
        assert [text(m) for m in receiver.peek_messages(max_message_count=5)] == ["0", "1", "2"]
        for message in receive(receiver, 3):
            receiver.complete_message(message)


@check
def schedules_and_cancels(client):
    with client.get_queue_sender("plain") as sender, client.get_queue_receiver("plain") as receiver:
        at = datetime.now(timezone.utc) + timedelta(seconds=60)
        numbers = sender.schedule_messages([ServiceBusMessage("a"), ServiceBusMessage("b")], at)
        assert len(numbers) == 2 and len(receiver.peek_messages(max_message_count=5)) == 2
        sender.cancel_scheduled_messages(numbers)
        assert receiver.peek_messages(max_message_count=5) == []
        soon = datetime.now(timezone.utc) + timedelta(milliseconds=300)
        sender.schedule_messages(ServiceBusMessage("soon"), soon)
        (message,) = receive(receiver)
        assert text(message) == "soon"
        receiver.complete_message(message)


@check
def uses_a_session(client):
    session = name()
    with client.get_queue_sender("sessions") as sender:
        sender.send_messages([ServiceBusMessage(str(n), session_id=session) for n in range(2)])
    with client.get_queue_receiver("sessions", session_id=session) as receiver:
        assert receiver.session.session_id == session
        receiver.session.set_state(b"step")
        assert receiver.session.get_state() == b"step"
        receiver.session.set_state(None)
        assert not receiver.session.get_state()
        assert receiver.session.renew_lock()
        for n in range(2):
            (message,) = receive(receiver)
            assert (text(message), message.session_id) == (str(n), session)
            receiver.complete_message(message)


@check
def takes_the_next_session(client):
    session = name()
    with client.get_queue_sender("sessions") as sender:
        sender.send_messages(ServiceBusMessage("next", session_id=session))
    with client.get_queue_receiver("sessions", session_id=NEXT_AVAILABLE_SESSION, max_wait_time=5) as receiver:
        (message,) = receive(receiver)
        assert receiver.session.session_id == session
        receiver.complete_message(message)


@check
def hears_that_no_session_is_free(client):
    def wait():
        with client.get_queue_receiver("sessions", session_id=NEXT_AVAILABLE_SESSION, max_wait_time=2) as receiver:
            receiver.receive_messages(max_wait_time=2)

    must_fail(OperationTimeoutError, wait)


@check
def defers_in_a_session(client):
    session = name()
    with client.get_queue_sender("sessions") as sender:
        sender.send_messages(ServiceBusMessage("later", session_id=session))
    with client.get_queue_receiver("sessions", session_id=session) as receiver:
        (message,) = receive(receiver)
        receiver.defer_message(message)
        (deferred,) = receiver.receive_deferred_messages(message.sequence_number)
        receiver.complete_message(deferred)


@check
def sends_to_a_topic(client):
    with client.get_topic_sender("topic") as sender, client.get_subscription_receiver("topic", "all") as receiver:
        sender.send_messages(ServiceBusMessage("copy"))
        (message,) = receive(receiver)
        assert text(message) == "copy"
        receiver.complete_message(message)


@check
def hears_of_an_entity_that_does_not_exist(client):
    def send():
        with client.get_queue_sender("nowhere") as sender:
            sender.send_messages(ServiceBusMessage("x"))

    # The token for it is refused first, which this client reports as a failed sign-in.
    must_fail((MessagingEntityNotFoundError, ServiceBusAuthenticationError), send)


@check
def hears_that_a_message_is_too_large(client):
    with client.get_queue_sender("plain") as sender:
        must_fail(
            (MessageSizeExceededError, ServiceBusError), lambda: sender.send_messages(ServiceBusMessage("x" * 300_000))
        )
        sender.send_messages(ServiceBusMessage("small"))
    with client.get_queue_receiver("plain") as receiver:
        receiver.complete_message(receive(receiver)[0])


print(f"azure-servicebus {__version__}")
for body in checks:
    title = body.__name__.replace("_", " ")
    try:
        with connect() as opened:
            body(opened)
        print(f"ok {title}", flush=True)
    except Exception as error:  # noqa: BLE001
        print(f"not ok {title}: {type(error).__name__}: {str(error)[:300]}", flush=True)
