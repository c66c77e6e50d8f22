using NATS.Server.JetStream.Storage;
using NATS.Server.Testing.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage;

/// <summary>That the comparison with the model finds what is wrong, and shows little of it.</summary>
public sealed class StoreRunTests
{
    [Fact]
    public void A_store_that_keeps_a_message_too_many_is_shown_in_few_steps()
    {
        StoreMismatchException found = Assert.Throws<StoreMismatchException>(() =>
        {
            for (int seed = 0; seed < 20; seed++)
            {
                StoreRun.Run(() => new WrongSource(), seed, 500);
            }
        });
        Assert.Contains("seed ", found.Message, StringComparison.Ordinal);

        // Limits that are small, and as many messages as go over them.
        Assert.InRange(found.Message.Split('\n').Length, 3, 20);
    }

    private sealed class WrongSource : StoreSource
    {
        public override bool IsFile => true;

        public override IMessageStore Create(StoreLimits limits, ulong firstSequence, IStoreListener listener)
        {
            int most = limits.MaxMessagesPerSubject > 0 ? 1 : 0;
            return new ModelStore(limits with { MaxMessagesPerSubject = limits.MaxMessagesPerSubject + most }, firstSequence, isFile: true, listener);
        }
    }
}
