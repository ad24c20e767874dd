from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pdca', '0003_words'),
    ]

    operations = [
        migrations.AlterField(
            model_name='historicaltopic',
            name='kind',
            field=models.CharField(choices=[('start', 'Getting started'), ('finding', 'What the phase 1 workgroup found'), ('difference', 'How it differs from traditional management'), ('driver', 'What drives the change'), ('benefit', 'Benefits'), ('approach', 'Ways to start'), ('success-factor', 'Success factors'), ('barrier', 'Barriers and responses'), ('reading', 'Further reading')], max_length=16),
        ),
        migrations.AlterField(
            model_name='topic',
            name='kind',
            field=models.CharField(choices=[('start', 'Getting started'), ('finding', 'What the phase 1 workgroup found'), ('difference', 'How it differs from traditional management'), ('driver', 'What drives the change'), ('benefit', 'Benefits'), ('approach', 'Ways to start'), ('success-factor', 'Success factors'), ('barrier', 'Barriers and responses'), ('reading', 'Further reading')], max_length=16),
        ),
    ]
