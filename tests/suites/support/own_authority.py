"""Certificates of any age, which no ACME server would issue."""

import datetime
import subprocess

CONFIG = """
[ca]
default_ca = own
[own]
database = {directory}/index.txt
new_certs_dir = {directory}
rand_serial = yes
default_md = sha256
unique_subject = no
copy_extensions = copy
policy = any
x509_extensions = leaf
[any]
commonName = supplied
[leaf]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = serverAuth
authorityKeyIdentifier = keyid
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[req]
distinguished_name = nothing
[nothing]
"""
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class OwnAuthority:
    """One root, in `directory`; it signs by itself. `root` is the path of its certificate."""

    def __init__(self, directory, common_name="Shop's own CA"):
        self.directory = directory
        self.root = directory / "root.pem"
        directory.mkdir()
        (directory / "index.txt").touch()
        (directory / "openssl.cnf").write_text(CONFIG.format(directory=directory))
        # Older than all that it issues: an authority that was not yet there when a certificate ended is no authority.
        request, config = directory / "root.csr", ("-config", directory / "openssl.cnf")
        openssl("req", *config, *NEW_KEY, "-new", "-keyout", directory / "root.key", "-out", request,
                "-subj", f"/CN={common_name}")
        openssl("ca", *config, "-selfsign", "-batch", "-notext", "-extensions", "authority", "-keyfile",
                directory / "root.key", "-in", request, "-out", self.root, "-startdate", moment(-1000), "-enddate",
                moment(3650))

    def issue(self, name, begins, ends, key=None):
        """One for `name`, valid from `begins` to `ends`, in days from now; the PEM texts of it and its key."""
        request, leaf = self.directory / "request.pem", self.directory / "leaf.pem"
        if not key:
            key = self.directory / "leaf.key"
            openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", key)
        config = ("-config", self.directory / "openssl.cnf")
        openssl("req", *config, "-new", "-key", key, "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
                "-out", request)
        openssl("ca", *config, "-batch", "-notext", "-cert", self.root, "-keyfile", self.directory / "root.key",
                "-in", request, "-out", leaf, "-startdate", moment(begins), "-enddate", moment(ends))
        return leaf.read_text(), key.read_text()


def self_signed(name, directory):
    """One that a service starts with; the PEM texts of it and its key."""
    leaf, key = directory / "self-signed.pem", directory / "self-signed.key"
    openssl("req", "-x509", *NEW_KEY, "-keyout", key, "-out", leaf, "-days", 365, "-subj", f"/CN={name}",
            "-addext", f"subjectAltName=DNS:{name}", "-addext", "basicConstraints=critical,CA:FALSE")
    return leaf.read_text(), key.read_text()


def moment(days):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")


def openssl(*words):
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(map(str, words))}: {done.stderr}")
    return done.stdout
