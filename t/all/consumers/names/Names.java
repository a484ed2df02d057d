// Licensed under the Apache License, Version 2.0; see LICENSE.
//
// Names as javax.naming.ldap reads them, as Spring Security and Keycloak have it do: from each line of standard input, the
// base64 of a name, to a line of JSON: its RDNs, the most specific first, each with its [type, value]; octets as #hexadecimal.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.StringJoiner;
import javax.naming.InvalidNameException;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.ldap.LdapName;

public class Names {
    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        StringBuilder out = new StringBuilder();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String name = new String(Base64.getDecoder().decode(line), StandardCharsets.UTF_8);
            try {
                out.append(read(new LdapName(name)));
            } catch (InvalidNameException problem) {
                out.append(quote("refused: " + problem.getMessage()));
            }
            out.append('\n');
        }
        System.out.print(out);
    }

    private static String read(LdapName name) throws NamingException {
        StringJoiner rdns = list();
        for (int i = name.size() - 1; i >= 0; i--) {
            StringJoiner values = list();
            var attributes = name.getRdn(i).toAttributes().getAll();
            while (attributes.hasMore()) {
                Attribute attribute = attributes.next();
                for (int k = 0; k < attribute.size(); k++) {
                    values.add(list().add(quote(attribute.getID())).add(quote(text(attribute.get(k)))).toString());
                }
            }
            rdns.add(values.toString());
        }
        return rdns.toString();
    }

    private static String text(Object value) {
        if (value instanceof String) {
            return (String) value;
        }
        StringBuilder digits = new StringBuilder("#");
        for (byte octet : (byte[]) value) {
            digits.append(String.format("%02x", octet));
        }
        return digits.toString();
    }

    private static StringJoiner list() {
        return new StringJoiner(",", "[", "]");
    }

    private static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            quoted.append(c < 0x20 || c > 0x7e || c == '"' || c == '\\' ? String.format("\\u%04x", (int) c) : String.valueOf(c));
        }
        return quoted.append('"').toString();
    }
}
