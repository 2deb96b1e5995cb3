"""The sandbox as a process of its own."""

import os
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from entrepot.sandbox.serve import main
from tests.sandbox.conftest import MakeWorld

START_WITHIN = 30
"""Generous: the machine may be busy with other tests."""
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Spares each question the reading of whom to trust, which takes more than the answer."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def sandbox(port: int, *arguments: str) -> Generator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "entrepot.sandbox", "--port", str(port), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith(b"Sandbox at ")
            deadline = time.monotonic() + START_WITHIN
            while not answers(port) and time.monotonic() < deadline:
                time.sleep(0.02)  # polls a process that has just opened its port
            yield process
        finally:
            process.kill()


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/sandbox/api/clock", verify=NO_TLS).is_success
    except httpx.TransportError:
        return False


def log_in(port: int) -> dict[str, str]:
    answer = httpx.post(
        f"http://127.0.0.1:{port}/token?grant_type=client_credentials", auth=("sandbox-seller-1", "sandbox-secret-1")
    )
    media = "application/vnd.retailer.v10+json"
    return {"Authorization": f"Bearer {answer.json()['access_token']}", "Accept": media, "Content-Type": media}


def test_it_catches_mail_and_ends_when_told_to() -> None:
    port, smtp_port = free_port(), free_port()
    with sandbox(port, "--smtp-port", str(smtp_port), "--speed", "0") as process:
        message = EmailMessage()
        message["Subject"] = "Your order is on its way"
        message.set_content("Track it with SBX1.")
        message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="invoice.pdf")
        with smtplib.SMTP("127.0.0.1", smtp_port) as client:
            client.send_message(message, "hub@example.org", ["one@example.org", "two@example.org"])
        (mail,) = httpx.get(f"http://127.0.0.1:{port}/sandbox/api/mails").json()
        assert mail["subject"] == "Your order is on its way"
        assert mail["recipients"] == ["one@example.org", "two@example.org"]
        assert (mail["text"].strip(), mail["attachments"]) == ("Track it with SBX1.", ["invoice.pdf"])
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_a_killed_sandbox_finds_itself_again(tmp_path: Path) -> None:
    arguments = (
        "--smtp-port",
        "0",
        "--speed",
        "all",
        "--orders",
        "5",
        "--process-seconds",
        "0",
        "--state",
        str(tmp_path),
    )
    port = free_port()
    with sandbox(port, *arguments) as process:
        url, headers = f"http://127.0.0.1:{port}", log_in(port)
        orders = httpx.get(f"{url}/retailer/orders", headers=headers).json()["orders"]
        body = {
            "orderItems": [{"orderItemId": orders[0]["orderItems"][0]["orderItemId"]}],
            "transport": {"transporterCode": "SANDBOX", "trackAndTrace": "SBX1"},
        }
        shipped = httpx.post(f"{url}/retailer/shipments", headers=headers, json=body)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    port = free_port()
    with sandbox(port, *arguments):
        url = f"http://127.0.0.1:{port}"  # the token is good still
        status = httpx.get(f"{url}/shared/process-status/{shipped.json()['processStatusId']}", headers=headers).json()
        assert status["status"] == "SUCCESS"
        again = httpx.get(f"{url}/retailer/orders?status=ALL", headers=headers).json()["orders"]
        assert [order["orderId"] for order in again] == [order["orderId"] for order in orders]
        stats = httpx.get(f"{url}/sandbox/api/stats").json()
        assert (stats["accounts"][0]["shipments"], stats["mutations"]) == (1, 1)


def test_another_seed_for_the_same_state_is_refused(
    make_world: MakeWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_world(speed=0, state=tmp_path)
    assert main(["--seed", "8", "--state", str(tmp_path)]) == 2
    assert "start with --seed 7, or choose another folder." in capsys.readouterr().err


def test_a_taken_port_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["--port", "1", "--smtp-port", str(taken.getsockname()[1]), "--speed", "0"]) == 1
    assert "cannot listen on 127.0.0.1" in capsys.readouterr().err


def test_a_wrong_speed_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--speed", "-1"])
    assert "a number of orders per minute, or 'all'" in capsys.readouterr().err
