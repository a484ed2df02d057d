/* Licensed under the Apache License, Version 2.0; see LICENSE. */
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;

/** Says who the client is, as servlets have asked since Servlet 2.3. */
@WebServlet("/*")
public class WhoServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    private static String digest(X509Certificate certificate) throws IOException {
        try {
            StringBuilder text = new StringBuilder();
            for (byte octet : MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded())) {
                text.append(String.format("%02x", octet));
            }
            return text.toString();
        } catch (GeneralSecurityException problem) {
            throw new IOException(problem);
        }
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Object found = request.getAttribute("jakarta.servlet.request.X509Certificate");
        X509Certificate[] chain = found == null ? new X509Certificate[0] : (X509Certificate[]) found;
        response.setContentType("text/plain;charset=UTF-8");
        response.getWriter().print("client " + (chain.length == 0 ? "none" : digest(chain[0]))
            + " of " + chain.length + ", " + request.getAttribute("jakarta.servlet.request.cipher_suite")
            + " " + request.getAttribute("jakarta.servlet.request.key_size") + "\n");
    }
}
