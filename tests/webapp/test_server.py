"""The server of the page: what it answers and refuses."""
import html
import io
import socket
import threading
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from types import SimpleNamespace
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import numpy as np
import pytest
from PIL import Image
from shop import call, picture
from web_page import HOSTILE, png, served

pytest.importorskip("flask", reason="the web page is not installed: pip install -r requirements-app.txt")
pytest.importorskip("waitress", reason="the web page is not installed: pip install -r requirements-app.txt")

from imgcluster.errors import UserError  # noqa: E402
from imgcluster.search.calibration import Calibration  # noqa: E402
from imgcluster.search.product_data import ProductData  # noqa: E402
from imgcluster.search.products import Products  # noqa: E402
from imgcluster.search.searcher import Searcher  # noqa: E402
from imgcluster.webapp import MAX_UPLOAD, create_app, listen  # noqa: E402
from imgcluster.webapp.answers import searchable  # noqa: E402
from imgcluster.webapp.security import is_loopback  # noqa: E402
from imgcluster.webapp.server import CONNECTIONS, THREADS, address_of  # noqa: E402


def upload(client, data, url="/api/search", **options):
    return client.post(url, data=data, content_type="application/octet-stream", **options)


# ---------------------------------------------------------------- the server

def test_products_of_as_many_photos_are_in_the_order_of_their_numbers():
    labels = ["1", "10", "9", "boots", "2", "Ärmel"]
    products = Products(np.zeros(0, int), labels, labels, np.array([3, 3, 3, 3, 7, 3]), "clusters")
    catalogue = SimpleNamespace(products=products, img_paths=[], product_data=SimpleNamespace(of_product=lambda *_: {}))
    assert [labels[code] for code, _ in searchable(catalogue, [[]] * 6)] == ["2", "1", "9", "10", "boots", "Ärmel"]


def test_an_upload_finds_its_product(client):
    answer = upload(client, png(picture(2, 50))).get_json()
    assert answer["size"] == [64, 64] and answer["preview"].startswith("data:image/jpeg;base64,")
    best = answer["regions"][answer["best"]]["products"][0]
    assert (best["label"], best["name"], best["price"]) == ("2", f"Blue {HOSTILE}", "5 €")
    assert best["url"] == "https://shop.example/2" and best["more"] == {"note": '"quoted" & more'}
    others = {item["label"]: item for item in answer["regions"][0]["products"]}
    assert others["1"]["url"] == "" and others["1"]["more"] == {"url": "javascript:alert(2)"}
    assert 0 < best["score"] < 1


def test_an_upload_that_lacks_a_part_is_answered_with_a_warning(client):
    data = png(np.random.default_rng(0).integers(1, 255, (100, 100, 3), dtype=np.uint8))
    assert upload(client, data).get_json()["warning"] is None
    assert "rows are missing" in upload(client, data[:len(data) * 7 // 10]).get_json()["warning"]
    refused = upload(client, data[:len(data) * 3 // 10])
    said = refused.get_json()["error"]
    assert refused.status_code == 415 and said.startswith("This photo cannot be searched: ") and "missing" in said


def test_a_photo_far_too_small_is_said_to_be_so_and_not_to_be_unreadable(client):
    answer = upload(client, png(np.full((1, 1, 3), 200, np.uint8)))
    assert answer.status_code == 415
    assert answer.get_json()["error"].startswith("This photo cannot be searched: 1 x 1 pixels")


@pytest.mark.parametrize("sharpness, basis, scored, optimistic", [
    (5.0, "true labels", "yes", "no"), (5.0, "clusters", "yes", "yes"), (None, "clusters", "no", "yes")])
def test_the_page_knows_what_scores_are_worth_and_what_similarity_is(shop, sharpness, basis, scored, optimistic):
    catalogue = replace(shop.searcher.catalogue, calibration=Calibration(sharpness, -1.0, -1.0),
                        products=replace(shop.searcher.catalogue.products, basis=basis))
    searcher = Searcher(catalogue, shop.searcher.encoder, shop.searcher.recipe)
    body = html.unescape(create_app(searcher, name="shop").test_client().get("/").text)
    assert f'data-scored="{scored}" data-optimistic="{optimistic}"' in body
    assert "averaged over a product's 3 best photos" in body


def test_uploads_that_wait_for_each_other_leave_threads_for_the_page(shop):
    began, go_on = threading.Semaphore(0), threading.Event()

    class Slow(Searcher):
        def read(self, data, *, box=None):
            began.release()
            assert go_on.wait(30)
            return super().read(data, box=box)

    app = create_app(Slow(shop.searcher.catalogue, shop.searcher.encoder, shop.searcher.recipe), name="shop")
    with ThreadPoolExecutor(THREADS) as pool:
        sent = [pool.submit(upload, app.test_client(), png(picture(2, 50))) for _ in range(THREADS)]
        try:
            assert began.acquire(timeout=30)
            refused = [each.result() for each in islice(as_completed(sent, timeout=10), 2)]
            assert app.test_client().get("/api/products").status_code == 200
        finally:
            go_on.set()
    assert sorted(each.result().status_code for each in sent) == [200] * (THREADS - 2) + [503] * 2
    assert all("Try again in a few seconds" in each.get_json()["error"] for each in refused)
    assert upload(app.test_client(), png(picture(2, 50))).status_code == 200, "places are given back"


def test_a_box_is_searched_alone(client):
    data = png(np.hstack([picture(0, 60), picture(2, 61)]))
    region, = upload(client, data, "/api/search?box=64,0,64,64").get_json()["regions"]
    assert region["box"] == [64, 0, 64, 64] and region["products"][0]["label"] == "2"


@pytest.mark.parametrize("data, code, said", [(b"", 415, "empty file"), (b"no photo", 415, "cannot be read as a photo"),
                                              (b"\xff\xd8\xff\xe0", 415, "cannot be read as a photo"),
                                              (b"x" * (MAX_UPLOAD + 1), 413, "larger than 25 MB")])
def test_what_is_no_photo_is_answered_with_a_sentence(client, data, code, said):
    answer = upload(client, data)
    assert answer.status_code == code and said in answer.get_json()["error"]


@pytest.mark.parametrize("box", ["0,0,65,10", "-1,0,5,5", "1,2,3", "a,b,c,d", "0,0,0,0"])
def test_boxes_that_do_not_fit_are_refused(client, box):
    answer = upload(client, png(picture(0)), f"/api/search?box={box}")
    error = answer.get_json()["error"]
    assert answer.status_code == 400 and "the box" in error and "--box" not in error


def test_photos_of_too_many_pixels_are_refused_before_they_are_decoded(shop):
    small = SimpleNamespace(**{**vars(shop.searcher), "recipe": replace(shop.searcher.recipe, max_pixels=1000)})
    small.read = type(shop.searcher).read.__get__(small)
    small.search = shop.searcher.search
    answer = upload(create_app(small, name="x").test_client(), png(picture(0)))
    assert answer.status_code == 415 and "64 x 64 pixels, more than the 1,000" in answer.get_json()["error"]


def test_nothing_of_an_upload_is_written_down(client, shop, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = sorted(path for path in shop.project.rglob("*"))
    upload(client, png(np.random.default_rng(0).integers(0, 255, (1500, 1500, 3), dtype=np.uint8)))
    assert sorted(path for path in shop.project.rglob("*")) == before and list(tmp_path.iterdir()) == []


def test_a_browser_shows_no_photo_that_has_another_row_by_now(client):
    first, other = (client.get(f"/photo/small/{row}") for row in (3, 20))
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert client.get("/photo/small/3", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    shown = client.get("/photo/small/20", headers={"If-None-Match": first.headers["ETag"]})
    assert shown.status_code == 200 and shown.data == other.data != first.data


def test_who_mistypes_the_address_is_led_to_the_page_and_programs_are_told(client):
    answer = client.get("/serach", headers={"Accept": "text/html,*/*"})
    assert (answer.status_code, answer.location) == (302, "/")
    assert client.get("/serach").status_code == 404 and "error" in client.get("/api/like/999").get_json()


def test_a_photo_that_could_not_be_read_for_a_moment_is_shown_later(client, shop):
    path = shop.project / "raw_img" / "shop" / shop.searcher.catalogue.img_paths[5]
    path.rename(path.with_suffix(".away"))
    grey = client.get("/photo/small/5").data
    path.with_suffix(".away").rename(path)
    assert client.get("/photo/small/5").data != grey


def test_photos_are_served_by_row_alone(client):
    photo = client.get("/photo/small/3")
    assert photo.mimetype == "image/jpeg" and Image.open(io.BytesIO(photo.data)).size == (64, 64)
    for path in ("/photo/small/28", "/photo/small/-1", "/photo/huge/1", "/photo/small/..%2f..%2fconfig.py",
                 "/static/../server.py", "/static/..%2fserver.py", "/api/product", "/api/like/28"):
        assert client.get(path).status_code == 404, path


def test_products_are_listed_and_filtered(client):
    listed = client.get("/api/products").get_json()
    assert listed["total"] == 4 and [item["num_photos"] for item in listed["products"]] == [7] * 4
    assert [item["label"] for item in client.get("/api/products?text=green").get_json()["products"]] == ["1"]
    assert client.get("/api/products?offset=3").get_json()["products"][0]["code"] == 3
    product = client.get("/api/product?name=2").get_json()
    assert len(product["rows"]) == 7 == len(product["files"]) and all(name[0] == "2" for name in product["files"])
    alike = client.get(f"/api/like/{product['rows'][0]}").get_json()
    assert alike["products"][0]["label"] == "2" and product["rows"][0] not in alike["products"][0]["rows"]


def test_columns_of_product_data_stay_in_their_order(shop):
    columns = {"weight": "1 kg", "Size": "4", "colour": "red"}
    data = replace(shop.searcher.catalogue, product_data=ProductData(by_model={"0": columns}, columns=list(columns)))
    client = create_app(Searcher(data, None, None), name="shop").test_client()
    assert list(client.get("/api/product?name=0").get_json()["more"]) == list(columns)


def test_a_product_is_found_by_its_name_whatever_is_in_it_and_one_that_is_not_there_is_named(shop):
    names = ["Red boots / size 40", "cluster 1", HOSTILE, "a\\b?c#d&e=%2F"]
    named = replace(shop.searcher.catalogue, products=replace(shop.searcher.catalogue.products, names=names))
    client = create_app(Searcher(named, None, None), name="shop").test_client()
    for code, name in enumerate(names):
        assert client.get("/api/product", query_string={"name": name}).get_json()["code"] == code
    missing = client.get("/api/product?name=cluster 4")
    assert missing.status_code == 404 and missing.get_json()["error"] == (
        "There is no product 'cluster 4' in this catalogue.")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_products_are_found_by_name_however_accents_are_composed(shop, form):
    label = unicodedata.normalize(form, "Müller")
    named = replace(shop.searcher.catalogue, products=replace(shop.searcher.catalogue.products,
                                                              names=[label, "b", "c", "d"]))
    client = create_app(Searcher(named, shop.searcher.encoder, shop.searcher.recipe), name="shop").test_client()
    for typed in ("müller", "MÜLL", unicodedata.normalize("NFD", "müller")):
        listed = client.get("/api/products", query_string={"text": typed}).get_json()
        assert [item["code"] for item in listed["products"]] == [0], typed


def test_every_answer_carries_the_policy_and_text_is_escaped(client):
    for path in ("/", "/static/main.js", "/photo/small/0", "/nothing"):
        policy = client.get(path).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "script-src 'self'" in policy
    page = client.get("/").get_data(as_text=True)
    assert HOSTILE not in page and "&lt;img src=x" in page


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Host": "127.0.0.1.evil.example:8000"},
                                     {"Origin": "https://evil.example"}, {"Origin": "null"},
                                     {"Origin": "http://["}])
def test_other_pages_and_forged_names_are_refused(client, headers):
    assert upload(client, png(picture(0)), headers=headers).status_code == 403


@pytest.mark.parametrize("named, code", [
    ("evil.example", 403), ("192.168.1.2.evil.example:8000", 403), ("shopkeeper.evil.example", 403), ("[", 403),
    ("192.168.1.2:8000", 200), ("[fe80::1]:8000", 200), ("localhost:8000", 200), ("Shopkeeper", 200),
    ("shopkeeper.local:8000", 200), ("shopkeeper.home.arpa", 200)])
def test_open_to_the_network_addresses_and_names_of_this_machine_alone_are_answered(shop, monkeypatch, named, code):
    monkeypatch.setattr("socket.gethostname", lambda: "Shopkeeper")
    monkeypatch.setattr("socket.getfqdn", lambda: "shopkeeper.home.arpa")
    client = create_app(shop.searcher, name="shop", host="0.0.0.0").test_client()
    assert client.get("/api/products", headers={"Host": named}).status_code == code


def test_the_name_it_listens_on_is_answered(shop):
    client = create_app(shop.searcher, name="shop", host="Shop.example").test_client()
    assert client.get("/api/products", headers={"Host": "shop.example:8000"}).status_code == 200
    assert client.get("/api/products", headers={"Host": "evil.example:8000"}).status_code == 403


@pytest.mark.parametrize("host, alone", [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False),
                                         ("192.168.1.2", False), ("example.org", False)])
def test_which_addresses_are_this_machine_alone(host, alone):
    assert is_loopback(host) is alone


def test_the_address_shown_is_one_that_can_be_opened():
    assert address_of("127.0.0.1") == "127.0.0.1" and address_of("::1") == "::1"
    assert ":" not in address_of("0.0.0.0") != "0.0.0.0" and ":" in address_of("::") != "::"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
def test_all_addresses_of_a_host_listen_on_one_port_which_nobody_else_gets(host):
    sockets = listen(host, 0)
    port, = {each.getsockname()[1] for each in sockets}
    with pytest.raises(UserError, match=f"--host {host} --port {port}: cannot listen there .*; choose another"):
        listen(host, port)
    for each in sockets:
        each.close()
    for each in listen(host, port):
        each.close()


def test_idle_connections_keep_nobody_out_and_slow_uploads_are_not_cut_off(shop, monkeypatch):
    monkeypatch.setattr("imgcluster.webapp.server.IDLE", 2)
    monkeypatch.setattr("imgcluster.webapp.server.LOOKS", 1)
    address, data = urlsplit(served(shop.app)), png(picture(2, 50))
    with ExitStack() as opened:
        def connect():
            return opened.enter_context(socket.create_connection((address.hostname, address.port), timeout=20))

        slow = connect()
        slow.sendall(f"POST /api/search HTTP/1.1\r\nHost: {address.netloc}\r\n"
                     f"Content-Length: {len(data)}\r\n\r\n".encode())
        idle = [connect() for _ in range(CONNECTIONS)]
        for part in range(5):
            time.sleep(1)
            slow.sendall(data[part * len(data) // 5:(part + 1) * len(data) // 5])
        assert slow.recv(15) == b"HTTP/1.1 200 OK"
        late = connect()
        late.sendall(f"GET /api/products HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
        assert late.recv(15) == b"HTTP/1.1 200 OK"
        assert idle[0].recv(1) == b"", "closed"


def test_a_file_as_large_as_the_page_takes_is_taken(shop):
    request = Request(f"{served(shop.app)}api/search", data=bytes(MAX_UPLOAD), method="POST")
    with pytest.raises(HTTPError) as refused:
        urlopen(request, timeout=60)
    assert refused.value.code == 415 and "cannot be read as a photo" in refused.value.read().decode()


def test_a_host_that_is_not_there_is_told():
    for host in ("no-such-host.invalid", "192.0.2.1", "a" * 70 + ".example"):
        with pytest.raises(UserError, match=f"--host {host} --port 0: cannot listen there"):
            listen(host, 0)


def test_a_port_that_is_taken_and_a_catalogue_that_is_not_there(shop, tmp_path, monkeypatch):
    monkeypatch.setattr("imgcluster.search.session.open_searcher", pytest.fail)  # which takes seconds
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        code, _, err = call("08_app.py", shop.project, "--port", port)
    assert code == 2 and f"--port {port}: cannot listen there" in err
    for port in (-1, 2**16):
        code, _, err = call("08_app.py", shop.project, "--port", port)
        assert code == 2 and f"--port {port}: 0 to 65535 needed" in err
    (tmp_path / "config.py").write_text("DATASET = 'nothing'\nTRAIN_DATASET = None\n")
    monkeypatch.undo()
    code, _, err = call("08_app.py", tmp_path, "--port", 0)
    assert code == 2 and "features.npy is missing" in err
