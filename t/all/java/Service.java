/* Licensed under the Apache License, Version 2.0; see LICENSE. */

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;

/** Service PORT: greets its client by the certificate that the gateway has put into Client-Cert. */
public class Service {
    public static void main(String[] arguments) throws Exception {
        // The loopback address alone: only the gateway may say who a client is.
        InetSocketAddress address =
                new InetSocketAddress(InetAddress.getByName("127.0.0.1"), Integer.parseInt(arguments[0]));
        HttpServer server = HttpServer.create(address, 0);
        server.createContext("/", exchange -> {
            String answer = "hello, " + nameOf(exchange.getRequestHeaders().getFirst("Client-Cert")) + "\n";
            byte[] body = answer.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            try (var out = exchange.getResponseBody()) {
                out.write(body);
            }
        });
        server.start();
        System.out.println("listening on 127.0.0.1:" + server.getAddress().getPort());
    }

    static String nameOf(String header) {
        try {
            return header == null ? "nobody" : parse(header).getSubjectX500Principal().getName();
        } catch (CertificateException | IllegalArgumentException e) {
            return "a certificate that cannot be read";
        }
    }

    /** RFC 9440: base64 of the certificate's DER between colons. */
    static X509Certificate parse(String header) throws CertificateException {
        byte[] der = Base64.getDecoder().decode(header.substring(1, header.length() - 1));
        return (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(der));
    }
}
