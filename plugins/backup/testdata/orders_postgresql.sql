--
-- PostgreSQL database dump
--

\restrict yUr7QfKL77jT6cOb2MENxBzur5H4rdfYMOkOlwjcAhsYzicX89W1TAePqzO7ARu

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: remake(); Type: FUNCTION; Schema: public; Owner: postgres
--

CREATE FUNCTION public.remake() RETURNS integer
    LANGUAGE sql
    AS $$ select 1 $$;


ALTER FUNCTION public.remake() OWNER TO postgres;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: orders; Type: TABLE; Schema: public; Owner: Shop Admin
--

CREATE TABLE public.orders (
    id integer NOT NULL,
    name text
);


ALTER TABLE public.orders OWNER TO "Shop Admin";

--
-- Data for Name: orders; Type: TABLE DATA; Schema: public; Owner: Shop Admin
--

COPY public.orders (id, name) FROM stdin;
1	order 1
2	order 2
3	order 3
\.


--
-- Name: orders orders_pkey; Type: CONSTRAINT; Schema: public; Owner: Shop Admin
--

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);


--
-- Name: TABLE orders; Type: ACL; Schema: public; Owner: Shop Admin
--

GRANT SELECT ON TABLE public.orders TO reader;


--
-- PostgreSQL database dump complete
--

\unrestrict yUr7QfKL77jT6cOb2MENxBzur5H4rdfYMOkOlwjcAhsYzicX89W1TAePqzO7ARu

