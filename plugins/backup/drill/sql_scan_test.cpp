#include "backup/drill/sql_scan.hpp"

#include <catch2/catch.hpp>

using namespace maintain::plugins::backup;

namespace {

constexpr const char* postgresql = R"(--
-- PostgreSQL database dump
--

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET client_encoding = 'UTF8';

--
-- Name: remake(); Type: FUNCTION; Schema: public; Owner: shop
--

CREATE FUNCTION public.remake() RETURNS void
    LANGUAGE sql
    AS $$
CREATE TABLE x (a int);
$$;
ALTER FUNCTION public.remake() OWNER TO shop;

--
-- Name: orders; Type: TABLE; Schema: public; Owner: Shop Admin
--

CREATE TABLE public.orders (
    id integer NOT NULL
);

ALTER TABLE public.orders OWNER TO "Shop Admin";

--
-- Data for Name: orders; Type: TABLE DATA; Schema: public; Owner: Shop Admin
--

COPY public.orders (id) FROM stdin;
-- Name: fake; Type: TABLE; Schema: public; Owner: nobody
GRANT ALL ON TABLE x TO thief;
\.

--
-- Name: TABLE orders; Type: ACL; Schema: public; Owner: Shop Admin
--

GRANT SELECT ON TABLE public.orders TO "a ""b""";
GRANT SELECT ON TABLE public.orders TO PUBLIC;
REVOKE ALL ON TABLE public.orders FROM reader;
)";

}  // namespace

TEST_CASE("backup: PostgreSQL's SQL says its tables, roles, encoding and version") {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{100000}}) {
    SqlScan scan("postgresql");
    const std::string_view text = postgresql;
    for (std::size_t at = 0; at < text.size(); at += piece) scan.take(text.substr(at, piece));
    const SqlFacts facts = scan.finish();
    CHECK(facts.tables == 1);
    CHECK(facts.roles == std::set<std::string>{"Shop Admin", "shop", "a \"b\"", "reader"});
    CHECK(facts.encoding == "UTF8");
    CHECK(facts.from_major == 15);
  }
}

TEST_CASE("backup: MariaDB's and SQLite's SQL says its tables") {
  SqlScan scan("mariadb");
  scan.take("CREATE TABLE `a` (\n  `x` int\n);\n/*!50001 CREATE TABLE `v` */;\n"
            "INSERT INTO `a` VALUES ('\\nCREATE TABLE ');\n"
            "CREATE TABLE IF NOT EXISTS \"b\"(x);");
  CHECK(scan.finish().tables == 2);
}

TEST_CASE("backup: a line without end is not kept") {
  SqlScan scan("mariadb");
  scan.take("INSERT INTO a VALUES (");
  const std::string much(1 << 20, 'x');
  for (int i = 0; i < 8; ++i) scan.take(much);
  scan.take(");\nCREATE TABLE a (x);\n");
  CHECK(scan.finish().tables == 1);
}
