--
-- PostgreSQL database cluster dump
--

\restrict O8XCgIDVJ8ZTH6P0uc7xTdXd1dWVuFWTiX7i25bzmXZAhA15a6kusADlsVItt2Q

SET default_transaction_read_only = off;

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

--
-- Roles
--

CREATE ROLE "Shop Admin";
ALTER ROLE "Shop Admin" WITH NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB NOLOGIN NOREPLICATION NOBYPASSRLS;
CREATE ROLE postgres;
ALTER ROLE postgres WITH SUPERUSER INHERIT CREATEROLE CREATEDB LOGIN REPLICATION BYPASSRLS;
CREATE ROLE reader;
ALTER ROLE reader WITH NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB NOLOGIN NOREPLICATION NOBYPASSRLS;

--
-- User Configurations
--








\unrestrict O8XCgIDVJ8ZTH6P0uc7xTdXd1dWVuFWTiX7i25bzmXZAhA15a6kusADlsVItt2Q

--
-- PostgreSQL database cluster dump complete
--

