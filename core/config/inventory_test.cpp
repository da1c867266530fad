#include "config/inventory.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

#include "config/scratch_directory.hpp"

using namespace maintain;
using namespace maintain::testing;

namespace {

using Words = std::vector<std::string>;

// A configuration directory with these two files; an empty text leaves a file out.
struct Fleet {
  ScratchDirectory directory;
  Settings settings;

  Fleet(const std::string& servers, const std::string& inventory, const std::string& inventory_name = "inventory") {
    settings.config_directory = directory.path;
    if (!servers.empty()) directory.write("servers.yml", servers);
    if (inventory.empty()) return;
    directory.write(inventory_name, inventory, inventory.starts_with("#!") ? 0755 : 0644);
    settings.inventory = directory.path / inventory_name;
  }

  Inventory read() const {
    const Result<Inventory> inventory = read_inventory(settings);
    INFO((inventory ? "" : inventory.error().describe()));
    REQUIRE(inventory);
    return *inventory;
  }
  // The error, with the directory's name left out.
  std::string refused() const {
    const Result<Inventory> inventory = read_inventory(settings);
    REQUIRE_FALSE(inventory);
    return without_directory(inventory.error().describe());
  }
  std::string warnings() const {
    std::string text;
    for (const Error& warning : read().warnings) text += without_directory(warning.describe()) + "\n";
    return text;
  }
  std::string without_directory(std::string text) const {
    const std::string prefix = directory.path.string() + "/";
    for (auto at = text.find(prefix); at != text.npos; at = text.find(prefix)) text.erase(at, prefix.size());
    return text;
  }
};

Server only_server(const Inventory& inventory) {
  REQUIRE(inventory.servers.size() == 1);
  return inventory.servers.front();
}

}  // namespace

TEST_CASE("servers.yml alone is enough") {
  const Fleet fleet("servers: [{name: web1, transient: yes}, {name: web2}, web3]\n", "");
  const Inventory inventory = fleet.read();
  REQUIRE(inventory.servers.size() == 3);
  CHECK(inventory.servers[0].name == "web1");
  CHECK(inventory.servers[0].transient);
  CHECK(inventory.servers[0].host() == "web1");
  CHECK_FALSE(inventory.servers[1].transient);
  CHECK(inventory.servers[2].name == "web3");
  CHECK(inventory.servers[1].where == Position{(fleet.directory.path / "servers.yml").string(), 1, 41});
  CHECK(inventory.find("web2") == &inventory.servers[1]);
  CHECK(inventory.find("web9") == nullptr);
}

TEST_CASE("everything a server can be told") {
  const Fleet fleet(R"(
servers:
  - name: web1
    address: web1.example.org
    port: 2222
    user: bot
    transport: openssh
    identity_files: [keys/web1, /root/.ssh/other]
    ssh_options: [-o, ProxyJump=jump]
    become: {user: admin, password_file: secrets/web1}
    groups: [web, eu]
    wave: 2
    tags: [a, b]
    enabled: no
    expect: {os: debian-12, arch: x86_64}
)", "");
  const Server server = only_server(fleet.read());
  CHECK(server.host() == "web1.example.org");
  CHECK(server.port == 2222);
  CHECK(server.user == "bot");
  CHECK(server.transport == TransportKind::openssh);
  CHECK(server.identity_files == Words{fleet.directory.path / "keys/web1", "/root/.ssh/other"});
  CHECK(server.ssh_options == Words{"-o", "ProxyJump=jump"});
  CHECK(server.become.enabled);
  CHECK(server.become.user == "admin");
  CHECK(server.become.password_file == fleet.directory.path / "secrets/web1");
  CHECK(server.groups == Words{"web", "eu"});
  CHECK(server.wave == 2);
  CHECK(server.tags == Words{"a", "b"});
  CHECK_FALSE(server.enabled);
  CHECK(server.expect == std::map<std::string, std::string>{{"os", "debian-12"}, {"arch", "x86_64"}});
}

TEST_CASE("servers are sorted by wave, then as listed") {
  const Fleet fleet("servers: [{name: c, wave: 1}, {name: b}, {name: z, wave: -1}, {name: a}]\n", "");
  Words names;
  for (const Server& server : fleet.read().servers) names.push_back(server.name);
  CHECK(names == Words{"z", "b", "a", "c"});
}

TEST_CASE("the earlier bot's files: a server is a group, its first host the address") {
  const Fleet fleet("servers:\n- name: web1\n  transient: yes\n- name: web2\n- name: gone\n",
                    "[web1]\nweb1.example.org ansible_user=root\n\n[web2]\n192.0.2.12 ansible_port=2222\n192.0.2.13\n\n"
                    "[staging:children]\nweb2\n");
  const Inventory inventory = fleet.read();
  REQUIRE(inventory.servers.size() == 3);
  CHECK(inventory.servers[0].name == "web1");
  CHECK(inventory.servers[0].address == "web1.example.org");
  CHECK(inventory.servers[0].user == "root");
  CHECK(inventory.servers[0].transient);
  CHECK(inventory.servers[1].address == "192.0.2.12");
  CHECK(inventory.servers[1].port == 2222);
  CHECK(inventory.servers[1].groups == Words{"staging", "web2"});
  CHECK(inventory.servers[2].host() == "gone");
  CHECK(inventory.warnings.empty());
}

TEST_CASE("a server may be a host of the inventory, and servers.yml goes before it") {
  const Fleet fleet("servers: [{name: web1, user: bot, groups: [eu, web]}]\n",
                    "[web]\nweb1 ansible_host=192.0.2.1 ansible_user=root ansible_port=2222\nweb2\n");
  const Server server = only_server(fleet.read());
  CHECK(server.address == "192.0.2.1");
  CHECK(server.user == "bot");
  CHECK(server.port == 2222);
  CHECK(server.groups == Words{"web", "eu"});
}

TEST_CASE("an inventory alone makes every host a server") {
  const Fleet fleet("", "lonely\n[web]\nweb[1:2] ansible_ssh_private_key_file=~/.ssh/web\n");
  const Inventory inventory = fleet.read();
  REQUIRE(inventory.servers.size() == 3);
  CHECK(inventory.servers[0].name == "lonely");
  CHECK(inventory.servers[0].groups.empty());
  CHECK(inventory.servers[1].name == "web1");
  CHECK_THAT(inventory.servers[1].identity_files.at(0), Catch::EndsWith("/.ssh/web") && Catch::StartsWith("/"));
  CHECK(inventory.servers[2].groups == Words{"web"});
  CHECK(inventory.servers[2].where == Position{fleet.settings.inventory.string(), 3, 1});
}

TEST_CASE("what Ansible's variables mean") {
  const Fleet fleet("", R"(
web1 ansible_connection=local ansible_ssh_common_args='-o ProxyJump=jump -v' ansible_ssh_extra_args='-o "User Agent=x"'
[all:vars]
ansible_become=true
ansible_become_user=admin
ansible_become_method=sudo
ansible_python_interpreter=/usr/bin/python3
ansible_ssh_private_key_file=keys/id
)");
  const Server server = only_server(fleet.read());
  CHECK(server.transport == TransportKind::local);
  CHECK(server.ssh_options == Words{"-o", "ProxyJump=jump", "-v", "-o", "User Agent=x"});
  CHECK(server.become.enabled);
  CHECK(server.become.user == "admin");
  CHECK(server.identity_files == Words{fleet.directory.path / "keys/id"});
  CHECK(fleet.warnings() == "");
}

TEST_CASE("what has no effect here is told once, with its place") {
  const Fleet fleet("", R"(web1
web2 ansible_port=http
web3 ansible_user="-oProxyCommand=evil"
[all:vars]
ansible_host={{ inventory_hostname }}.example.org
ansible_become_password=secret
ansible_become_method=su
ansible_connection=docker
ansible_become=perhaps
ansible_ssh_pass=secret
ansible_ssh_common_args=-o 'open
)");
  const Inventory inventory = fleet.read();
  CHECK(inventory.servers[0].host() == "web1");
  CHECK(inventory.servers[1].port == 22);
  CHECK(inventory.servers[2].user.empty());
  const std::string warnings = fleet.warnings();
  CHECK(std::count(warnings.begin(), warnings.end(), '\n') == 9);
  CHECK_THAT(warnings, Catch::Contains("inventory:5:1: ansible_host holds a template, which is not evaluated here: "
                                       "not used"));
  CHECK_THAT(warnings, Catch::Contains("inventory:6:1: ansible_become_password is not used") &&
             Catch::Contains("password_file"));
  CHECK_THAT(warnings, Catch::Contains("inventory:7:1: ansible_become_method 'su' is not known here"));
  CHECK_THAT(warnings, Catch::Contains("inventory:8:1: ansible_connection 'docker' is not known here"));
  CHECK_THAT(warnings, Catch::Contains("inventory:9:1: ansible_become 'perhaps' is neither yes nor no"));
  CHECK_THAT(warnings, Catch::Contains("inventory:10:1: ansible_ssh_pass is not used"));
  CHECK_THAT(warnings, Catch::Contains("inventory:11:1: ansible_ssh_common_args is not used: the quote ' is not "
                                       "closed"));
  CHECK_THAT(warnings, Catch::Contains("inventory:2:1: ansible_port 'http' is no port"));
  CHECK_THAT(warnings, Catch::Contains("inventory:3:1: ansible_user begins with a dash"));
  CHECK_THAT(warnings, !Catch::Contains("secret"));
}

TEST_CASE("vault-encrypted values and files are passed over") {
  const Fleet fleet("",
                    "all:\n  hosts:\n    web1:\n      ansible_user: !vault |\n        $ANSIBLE_VAULT;1.1;AES256\n"
                    "        6162\n"
                        "      ansible_port: 2222\n      note: !unsafe 'x'\n", "hosts.yml");
  fleet.directory.write("group_vars/all.yml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n");
  const Server server = only_server(fleet.read());
  CHECK(server.user.empty());
  CHECK(server.port == 2222);
  CHECK_THAT(fleet.warnings(), Catch::Contains("hosts.yml:4:7: ansible_user is encrypted with ansible-vault"));
  CHECK_THAT(fleet.warnings(),
             Catch::Contains("group_vars/all.yml: the file is encrypted with ansible-vault and is not read"));
}

TEST_CASE("names that are no good as a directory or on a command line are refused") {
  for (const char* name : {"a/b", "../x", ".hidden", "-oProxyCommand=x", "a b", "\"\"", "\"a\\x1b[2J\"",
                           "\"a\\u202eb\""}) {
    INFO(name);
    CHECK_THAT(Fleet(std::string("servers: [{name: ") + name + "}]\n", "").refused(),
               Catch::StartsWith("servers.yml:1:18: the server's name "));
  }
  CHECK_THAT(Fleet("", "a/b\n").refused(), Catch::StartsWith("inventory:1:1: the host name 'a/b' holds a slash"));
  CHECK_THAT(Fleet("", std::string(201, 'a') + "\n").refused(), Catch::Contains("cannot be the name of a directory"));
  CHECK_THAT(Fleet("servers: [{name: a, address: -oProxyCommand=x}]", "").refused(),
             Catch::Contains("begins with a dash"));
  CHECK_THAT(Fleet("servers: [{name: a, address: root@b}]", "").refused(), Catch::Contains("no address has"));
  CHECK_THAT(Fleet("servers: [{name: a, user: -x}]", "").refused(), Catch::Contains("begins with a dash"));
  CHECK_THAT(Fleet("servers: [{name: web}]", "[web]\n-oProxyCommand=x\n").refused(),
             Catch::Contains("begins with a dash"));
}

TEST_CASE("mistakes in servers.yml are told with their place, all at once") {
  CHECK(Fleet("servers:\n- name: web1\n  transiant: yes\n- address: x\n- name: web2\n  port: 0\n- name: web1\n",
              "").refused() ==
        "servers.yml:3:3: unknown key 'transiant' (did you mean 'transient'?)\n"
        "servers.yml:4:3: 'name' is missing\n"
        "servers.yml:6:9: 'port' must be at least 1, not '0'");
  CHECK_THAT(Fleet("servers: [{name: web1}, {name: web1}]", "").refused(), Catch::Contains("'web1' is listed twice"));
  CHECK_THAT(Fleet("servers: [{name: a, name: b}]", "").refused(), Catch::Contains("the key 'name' is repeated"));
  CHECK_THAT(Fleet("server: []", "").refused(), Catch::Contains("there is no list of servers"));
  CHECK_THAT(Fleet("servers: [], extra: 1", "").refused(), Catch::StartsWith("servers.yml:"));
  CHECK_THAT(Fleet("servers: {a: b}", "").refused(), Catch::Contains("must be a list"));
  CHECK_THAT(Fleet("servers: [{name: a, become: maybe}]", "").refused(), Catch::Contains("'become' must be"));
  CHECK_THAT(Fleet("servers: [{name: a, become: {password_file: x, password_command: [y]}}]", "").refused(),
             Catch::Contains("both a password_file and a password_command"));
  CHECK_THAT(Fleet("servers: [{name: a, transport: telnet}]", "").refused(),
             Catch::Contains("auto, libssh2, openssh, local"));
}

TEST_CASE("no servers at all is an error that says what to write") {
  CHECK_THAT(Fleet("", "").refused(),
             Catch::Contains("neither servers.yml nor inventory") && Catch::Contains("servers: [{name:"));
  CHECK(Fleet("servers: []\n", "").read().servers.empty());
  Fleet fleet("servers: [{name: a}]", "");
  fleet.settings.inventory = fleet.directory.path / "no-such-file";
  CHECK_THAT(fleet.refused(), Catch::Contains("no-such-file does not exist"));
}

TEST_CASE("mistakes in an INI inventory are told with their place") {
  CHECK_THAT(Fleet("", "[web\nx\n").refused(), Catch::StartsWith("inventory:1:1: "));
  CHECK_THAT(Fleet("", "[web:nonsense]\n").refused(), Catch::Contains("of no known kind"));
  CHECK_THAT(Fleet("", "[web]\na\n  b c=d e\n").refused(),
             Catch::StartsWith("inventory:3:3: expected name=value behind the host, found 'e'"));
  CHECK_THAT(Fleet("", "[web:vars]\na=1\n").refused(), Catch::Contains("there is no section [web]"));
  CHECK_THAT(Fleet("", "[web]\na\n[site:children]\nwebb\n").refused(),
             Catch::StartsWith("inventory:4:1: a child group 'webb' is named"));
  CHECK_THAT(Fleet("", "[web]\na\n[web:vars]\nnonsense\n").refused(),
             Catch::StartsWith("inventory:4:1: expected name=value"));
  CHECK_THAT(Fleet("", "web1 a='b\n").refused(), Catch::Contains("the quote ' is not closed"));
  CHECK_THAT(Fleet("", "web[3:1]\n").refused(),
             Catch::StartsWith("inventory:1:1: the range in 'web[3:1]' runs backwards"));
  CHECK_THAT(Fleet("", "[a:children]\nb\n[b:children]\na\n").refused(), Catch::Contains("contain each other"));
  CHECK_THAT(Fleet("", "[all:children]\nb\n[b:children]\nall\n").refused(), Catch::Contains("contain each other"));
}

TEST_CASE("mistakes in a YAML inventory are told with their place") {
  const auto yaml = [](const std::string& text) { return Fleet("", text, "hosts.yml"); };
  CHECK_THAT(yaml("all:\n  hosts: [a, b]\n").refused(),
             Catch::StartsWith("hosts.yml:2:10: 'hosts' must be a mapping, not a list"));
  CHECK_THAT(yaml("plugin: aws_ec2\n").refused(), Catch::Contains("configures an inventory plugin"));
  CHECK_THAT(yaml("- a\n").refused(), Catch::Contains("a mapping of groups"));
  CHECK_THAT(yaml("all:\n  hosts:\n    a: b\n").refused(),
             Catch::StartsWith("hosts.yml:3:8: the variables of host 'a'"));
  CHECK_THAT(yaml("all:\n  hosts: {a: }\n  host: {b: }\n").warnings(),
             Catch::StartsWith("hosts.yml:3:3: the key 'host' of group 'all'"));
  CHECK_THAT(yaml("all: {hosts: {a: }}\nall: {hosts: {b: }}\n").warnings(),
             Catch::Contains("the key 'all' is repeated"));
  // no .yml needed
  CHECK_THAT(Fleet("", "all:\n  hosts:\n    web1:\n").read().servers.at(0).name, Catch::Equals("web1"));
}

TEST_CASE("mistakes in variable files are told with their place") {
  const Fleet fleet("", "[web]\nweb1\n");
  fleet.directory.write("group_vars/web.yml", "ansible_user: a\n  b: c\n");
  CHECK_THAT(fleet.refused(), Catch::StartsWith("group_vars/web.yml:2:"));
  fleet.directory.write("group_vars/web.yml", "- a\n");
  CHECK_THAT(fleet.refused(), Catch::StartsWith("group_vars/web.yml:1:1: a file of variables must be a mapping"));
}
