import com.zaxxer.hikari.HikariDataSource;
import java.sql.ResultSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Four threads that never stop asking, through the two pools of docs/runtimes/java.md. Ends with its stdin. */
final class Main {
    private static final AtomicInteger queries = new AtomicInteger();
    private static final AtomicInteger failed = new AtomicInteger();
    private static final Map<String, Set<String>> logins = new ConcurrentHashMap<>();
    private static final Set<String> errors = ConcurrentHashMap.newKeySet();
    private static volatile boolean over;

    public static void main(String[] none) throws Exception {
        Map<String, HikariDataSource> pools = Map.of("provider", Pools.following(), "mxbean", Pools.followingSince5());
        Thread[] threads = new Thread[4];
        for (int i = 0; i < threads.length; i++) {
            String name = i % 2 == 0 ? "provider" : "mxbean";
            threads[i] = new Thread(() -> ask(name, pools.get(name)));
            threads[i].start();
        }
        // maxLifetime cannot be shorter than 30 seconds: connections are put out by hand.
        Thread churn = new Thread(() -> {
            while (!over) {
                pools.values().forEach(pool -> pool.getHikariPoolMXBean().softEvictConnections());
                pause(500);
            }
        });
        churn.start();
        System.out.println("ready");
        System.in.readAllBytes();
        over = true;
        for (Thread thread : threads) thread.join(5_000);
        System.out.println("{\"queries\":" + queries + ",\"failed\":" + failed + ",\"errors\":" + list(errors)
            + ",\"logins\":{\"provider\":" + list(logins.getOrDefault("provider", Set.of())) + ",\"mxbean\":" + list(logins.getOrDefault("mxbean", Set.of())) + "}}");
        System.exit(0); // a pool that waits for a connection would not end
    }

    private static void ask(String name, HikariDataSource pool) {
        while (!over) {
            queries.incrementAndGet();
            try (var connection = pool.getConnection();
                    var statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("select session_user::text")) {
                rows.next();
                logins.computeIfAbsent(name, any -> ConcurrentHashMap.newKeySet()).add(rows.getString(1));
            } catch (Exception error) {
                failed.incrementAndGet();
                errors.add(error.getClass().getSimpleName());
            }
            pause(10);
        }
    }

    private static String list(Set<String> names) {
        return "[\"" + String.join("\",\"", names) + "\"]";
    }

    private static void pause(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException interrupted) {
            over = true;
        }
    }
}
